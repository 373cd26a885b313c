/** ServiceEntries: one service for each host, with endpoints written down, selected, resolved by DNS, or none [S71]. */
import { network, type Resource, type ServiceEntryPort, type ServiceEntryResolution, type ServiceEntrySpec } from '@weft/model';
import { endpointOf, type PeerLookup, plainEndpoint } from '../kubernetes/endpoint.ts';
import { protocolNamed, selectProtocol } from '../kubernetes/protocol.ts';
import { distributionOf } from '../kubernetes/service.ts';
import {
  type Backend,
  type Endpoint,
  isSocket,
  modeOf,
  type Protocol,
  type Resolution,
  type Service,
  type ServicePort,
} from '../mesh/index.ts';
import { entryWorkload } from './workload-entry.ts';

const resolutions: Readonly<Record<ServiceEntryResolution, Resolution>> = {
  NONE: 'original-dst',
  STATIC: 'eds',
  DNS: 'dns-strict',
  DNS_ROUND_ROBIN: 'dns-logical',
  DYNAMIC_DNS: 'dns-dynamic',
};

/** The `protocol` field beats the name, as `appProtocol` does for Services. */
export const protocolOf = ({ number, name, protocol }: ServiceEntryPort): Protocol =>
  (protocol && protocolNamed(protocol)) || selectProtocol({ number, name: protocol ? '' : name });

const servicePort = (port: ServiceEntryPort, { resolution = 'NONE' }: ServiceEntrySpec): ServicePort => ({
  number: port.number,
  name: port.name,
  protocol: protocolOf(port),
  ...(resolution === 'NONE' && port.targetPort && port.targetPort !== port.number && { upstream: port.targetPort }),
});

export interface EntryContext {
  /** The automatic address, by host [S74]. */
  readonly assigned: (host: string) => string | undefined;
  readonly defaultExportTo: readonly string[];
}

export const servicesOf = (
  { metadata, spec }: Resource<ServiceEntrySpec>,
  { assigned, defaultExportTo }: EntryContext,
): readonly Service[] =>
  [...new Set(spec.hosts.map((host) => host.toLowerCase()))].map((hostname) => {
    const automatic = spec.addresses?.length ? undefined : assigned(hostname);
    return {
      key: `${metadata.namespace}/${hostname}`,
      hostname,
      namespace: metadata.namespace,
      addresses: spec.addresses?.length ? [...new Set(spec.addresses.map(network))] : automatic === undefined ? [] : [automatic],
      ports: (spec.ports ?? []).map((port) => servicePort(port, spec)),
      resolution: resolutions[spec.resolution ?? 'NONE'],
      headless: false,
      meshExternal: spec.location !== 'MESH_INTERNAL',
      exportTo: spec.exportTo?.length ? spec.exportTo : defaultExportTo,
      ...distributionOf(metadata.annotations),
      ...(spec.subjectAltNames?.length ? { subjectAltNames: spec.subjectAltNames } : {}),
      created: metadata.created,
    };
  });

const targetOf = (spec: ServiceEntrySpec, port: number): number => spec.ports?.find(({ number }) => number === port)?.targetPort ?? port;

export const entryBackend = ({ metadata, spec }: Resource<ServiceEntrySpec>, service: Service): Backend => {
  const targets = new Map((spec.ports ?? []).map(({ number }) => [number, targetOf(spec, number)]));
  const selector = spec.endpoints?.length ? undefined : spec.workloadSelector?.labels;
  const entry = `${metadata.namespace}/${metadata.name}`;
  return selector ? { service, selector, targets, entry } : { service, targets, entry };
};

export interface WrittenContext {
  readonly peers: PeerLookup;
  readonly trustDomain: string;
}

/** Endpoints from the entry itself; a DNS entry without any is its own host name. */
export const writtenEndpoints = ({ metadata, spec }: Resource<ServiceEntrySpec>, service: Service, context: WrittenContext) => {
  const resolves = service.resolution === 'dns-strict' || service.resolution === 'dns-logical';
  return (portNumber: number): readonly Endpoint[] => {
    const name = spec.ports?.find(({ number }) => number === portNumber)?.name ?? '';
    const fallback = targetOf(spec, portNumber);
    if (!spec.endpoints?.length && resolves && !spec.workloadSelector) return [plainEndpoint(service.hostname, fallback)];
    return (spec.endpoints ?? [])
      .map((endpoint, i) => ({
        ports: endpoint.ports ?? {},
        workload: entryWorkload(endpoint, {
          name: `${metadata.name}-${i}`,
          namespace: metadata.namespace,
          trustDomain: context.trustDomain,
        }),
      }))
      .filter(({ workload }) => workload.address !== '')
      .map(({ workload, ports }) => {
        // A Unix socket has no port.
        const port = isSocket(workload.address) ? 0 : ((Object.hasOwn(ports, name) ? ports[name] : undefined) ?? fallback);
        return endpointOf(workload, { port, mode: modeOf(context.peers(workload), port) });
      });
  };
};
