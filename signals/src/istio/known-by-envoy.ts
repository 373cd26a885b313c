/**
 * What Envoy knows of a request or a connection, in one label of its own → Istio's labels. One text is cheaper for it than nine labels, and
 * the name in a peer's certificate cheaper than what it says.
 */
import { changedLabel, messagesLabel, parseAttestedName, parseSpiffeId, seriesLabel, seriesParts } from '@weft/model';
import type { Labels } from '../prometheus/exposition.ts';
import type { Reporter } from './standard.ts';

/** A certificate has one name of ours; Envoy lists all, by commas. */
const attested = (peer: string, side: Reporter): Labels => {
  const name = parseAttestedName(peer.split(',')[0] ?? '');
  if (!name) return {};
  const { workload, app, version, cluster } = name;
  return {
    [`${side}_workload`]: workload,
    [`${side}_app`]: app,
    [`${side}_version`]: version,
    [`${side}_cluster`]: cluster,
    [`${side}_canonical_service`]: app,
    [`${side}_canonical_revision`]: version,
  };
};

/** `ledger.shop.svc.cluster.local` is `ledger` in `shop`; a ServiceEntry's host is its own name. */
const serviceLabels = (host: string): Labels => {
  const [, name, namespace] = /^([^.]+)\.([^.]+)\.svc\./.exec(host) ?? [];
  return {
    destination_service: host,
    destination_service_name: name ?? host,
    ...(namespace !== undefined && { destination_service_namespace: namespace }),
  };
};

type Parts = Partial<Readonly<Record<(typeof seriesParts)[number], string>>>;

/** What no service of the mesh was asked by: its name says how it was let through or stopped [S143]. */
const isNowhere = (name: string): boolean => /^(?:InboundPassthrough|Passthrough|BlackHole)Cluster$/.test(name);

const service = ({ cluster = '', destination_service: told = '' }: Parts): Labels => {
  const nowhere = [told, cluster].find(isNowhere);
  if (nowhere !== undefined) return { destination_service_name: nowhere };
  const host = told || (/^outbound\|\d+\|[^|]*\|(.+)$/.exec(cluster)?.[1] ?? '');
  return host === '' ? {} : serviceLabels(host);
};

const lastPart = seriesParts.length - 1;

/** What is missing is `-`, which as a flag has a meaning of its own. */
const partsOf = (series: string): Parts => {
  const words = series.split(' ');
  const values = [...words.slice(0, lastPart), words.slice(lastPart).join(' ')];
  return Object.fromEntries(seriesParts.flatMap((part, index) => (values[index] === '-' || !values[index] ? [] : [[part, values[index]]])));
};

const policies: Readonly<Record<string, string>> = { m: 'mutual_tls', n: 'none' };

const standardOf = (parts: Parts): Labels => {
  const { watch = 's', request_protocol, response_code, response_flags, grpc_response_status, principal = '', peer = '' } = parts;
  const side: Reporter = watch === 's' ? 'destination' : 'source';
  const namespace = parseSpiffeId(principal)?.namespace;
  const policy = policies[watch];
  return {
    reporter: watch === 's' ? 'source' : 'destination',
    ...(request_protocol && { request_protocol }),
    ...(response_code && { response_code }),
    ...(response_flags && { response_flags }),
    ...(grpc_response_status && { grpc_response_status }),
    ...(policy && { connection_security_policy: policy }),
    ...(principal && { [`${side}_principal`]: principal }),
    ...attested(peer, side),
    ...(namespace !== undefined && { [`${side}_workload_namespace`]: namespace }),
    ...service(parts),
  };
};

/** Of one of Envoy's series. */
export interface Known {
  readonly labels: Labels;
  /** Labels that objects of kind Telemetry took away. */
  readonly removed: ReadonlySet<string>;
  /** Labels that they set: without a value they are unknown. */
  readonly set: readonly string[];
  /** Of calls of which each had so many to the server and from it. */
  readonly messages?: readonly number[];
}

/** @param labels as Envoy wrote them */
export const knownOf = (labels: Labels): Known => {
  const { [seriesLabel]: series = '', [changedLabel]: changed = '', [messagesLabel]: messages = '', ...others } = labels;
  const words = changed.split(',');
  const named = (sign: string) => words.filter((word) => word.startsWith(sign)).map((word) => word.slice(1));
  return {
    labels: { ...standardOf(partsOf(series)), ...others },
    removed: new Set(named('-')),
    set: named('+'),
    ...(messages !== '' && { messages: messages.split(',').map((count) => Number(count) || 0) }),
  };
};
