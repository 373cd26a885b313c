/**
 * One line of a proxy's record file → a record. Envoy writes the values of a request as JSON strings, so that nothing in a request can end
 * a value or a line; a line that is cut off, or that somebody else wrote, is told and not guessed at.
 */
import { parseAttestedName, parseSpiffeId } from '@weft/model';
import type { WorkloadLabels } from '../istio/standard.ts';
import type { AccessRecord, LedBy, Party, Refusal, RequestPart, Tls, Verdict } from './record.ts';
import { connectionVerdict, readRule, verdictOf } from './verdict.ts';

/** Twice what Envoy writes where every value has its full length. */
const maxLine = 16_384;

type Fields = Readonly<Record<string, unknown>>;

const text = (fields: Fields, key: string): string => {
  const value = fields[key];
  return typeof value === 'string' && value !== '-' ? value : '';
};

const number = (fields: Fields, key: string): number => {
  const value = fields[key];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0;
};

/** Attested by the mesh's CA: the certificate says all of it. */
const peer = (principal: string, dnsName: string, address: string): Party => {
  // A certificate may have several names; ours has one.
  const name = parseAttestedName(dnsName.split(',')[0] ?? '');
  return {
    principal,
    namespace: parseSpiffeId(principal)?.namespace ?? '',
    workload: name?.workload ?? '',
    app: name?.app ?? '',
    version: name?.version ?? '',
    cluster: name?.cluster ?? '',
    address,
  };
};

const self = (own: WorkloadLabels, address: string): Party => {
  const { principal, namespace, workload, app, version, cluster } = own;
  return { principal, namespace, workload, app, version, cluster, address };
};

const requestOf = (fields: Fields): RequestPart => ({
  method: text(fields, 'method'),
  host: text(fields, 'host'),
  path: text(fields, 'path'),
  status: number(fields, 'status'),
  grpcStatus: typeof fields['grpc'] === 'number' ? String(fields['grpc']) : '',
  id: text(fields, 'request'),
  trace: text(fields, 'trace'),
  denial: text(fields, 'denial'),
});

const tokenOf = (fields: Fields): Pick<AccessRecord, 'token'> => {
  const [issuer, subject] = [text(fields, 'issuer'), text(fields, 'subject')];
  return issuer === '' && subject === '' ? {} : { token: { issuer, subject } };
};

const tlsOf = (fields: Fields): Tls | undefined => {
  const version = text(fields, 'tls');
  if (version === '') return undefined;
  return { version, cipher: text(fields, 'cipher'), serial: text(fields, 'serial'), serverName: text(fields, 'sni') };
};

/** Of a cluster's name, where the proxy was told no service: `outbound|80||ledger.shop.svc.cluster.local`. */
const serviceOf = (fields: Fields): string =>
  text(fields, 'service') || (/^outbound\|\d+\|[^|]*\|(.+)$/.exec(text(fields, 'cluster'))?.[1] ?? '');

const partiesOf = (fields: Fields, own: WorkloadLabels): Pick<AccessRecord, 'source' | 'destination'> => {
  const [principal, name] = [text(fields, 'principal'), text(fields, 'name')];
  const [from, to] = [text(fields, 'peer'), text(fields, 'side') === 'source' ? text(fields, 'upstream') : text(fields, 'local')];
  const client = text(fields, 'client');
  const service = serviceOf(fields);
  return fields['side'] === 'source'
    ? { source: { ...self(own, from), client }, destination: { ...peer(principal, name, to), service } }
    : { source: { ...peer(principal, name, from), client }, destination: { ...self(own, to), service } };
};

/** The id of a connection stands in the line of each that policies look at. */
const refusalOf = (fields: Fields, verdict: Verdict): Refusal | undefined => {
  const id = text(fields, 'denial');
  if (fields['kind'] !== 'tcp' || verdict.kind !== 'denied' || id === '') return undefined;
  return { id, claimed: text(fields, 'claimed'), serverName: text(fields, 'sni') };
};

/** `shop/catalog spec.http[0]`: no name of an object has a blank. */
const ledBy = (text: string): LedBy | undefined => {
  const [, namespace, name, path] = /^([^/ ]+)\/([^ ]+) (\S+)$/.exec(text) ?? [];
  return namespace === undefined || name === undefined || path === undefined ? undefined : { namespace, name, path };
};

const recordOf = (fields: Fields, at: number, own: WorkloadLabels): AccessRecord => {
  const tls = tlsOf(fields);
  const details = text(fields, 'details');
  const audited = readRule(text(fields, 'audited'));
  const verdict = connectionVerdict(text(fields, 'refused'), text(fields, 'passed') !== '') ?? verdictOf(details, text(fields, 'rule'));
  const refusal = refusalOf(fields, verdict);
  const led = ledBy(text(fields, 'led'));
  return {
    at,
    side: fields['side'] === 'source' ? 'source' : 'destination',
    ...partiesOf(fields, own),
    duration: number(fields, 'ms'),
    protocol: text(fields, 'protocol') || 'TCP',
    ...(fields['kind'] === 'http' && { request: requestOf(fields) }),
    ...(refusal && { refusal }),
    received: number(fields, 'received'),
    sent: number(fields, 'sent'),
    flags: text(fields, 'flags'),
    details,
    route: text(fields, 'route'),
    upstreamCluster: text(fields, 'cluster'),
    ...(led && { led }),
    ...(fields['side'] === 'source' && { called: Number(/:(\d+)$/.exec(text(fields, 'local'))?.[1] ?? 0) }),
    ...(tls && { tls }),
    mtls: tls !== undefined && text(fields, 'principal') !== '',
    verdict,
    ...(audited && { audited }),
    ...tokenOf(fields),
  };
};

/**
 * @param own the workload whose proxy wrote the line
 * @returns what is wrong with the line, where it is no record
 */
export const readRecord = (line: string, own: WorkloadLabels): AccessRecord | string => {
  if (line.length > maxLine) return `a line of ${line.length} characters`;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'no JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'no object';
  const fields = value as Fields;
  if (fields['v'] !== 1) return 'no record of version 1';
  const at = Date.parse(text(fields, 'time'));
  if (Number.isNaN(at)) return 'no time';
  if (fields['side'] !== 'source' && fields['side'] !== 'destination') return 'no side';
  if (fields['kind'] !== 'http' && fields['kind'] !== 'tcp') return 'no kind';
  return recordOf(fields, at, own);
};
