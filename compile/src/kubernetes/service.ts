/** Kubernetes Services: shape and what stands behind them. */
import type { Resource, ServiceSpec } from '@weft/model';
import { type Backend, clusterDomain, isIPv6, type Labels, type Resolution, type Service, twinOf } from '../mesh/index.ts';
import { selectProtocol } from './protocol.ts';

/** Istio's annotation for a Service's visibility. */
const exportAnnotation = 'networking.istio.io/exportTo';

/** An IPv4 address is given in any case: instances have one. */
const wantsIPv6 = ({ ipFamilyPolicy = 'SingleStack', ipFamilies = [], clusterIPs = [] }: ServiceSpec): boolean =>
  ipFamilyPolicy !== 'SingleStack' || ipFamilies.includes('IPv6') || clusterIPs.some(isIPv6);

const prefersIPv6 = ({ ipFamilies = [], clusterIPs = [] }: ServiceSpec): boolean =>
  ipFamilies.length > 0 ? ipFamilies[0] === 'IPv6' : isIPv6(clusterIPs[0] ?? '');

const addressesOf = (spec: ServiceSpec, assigned: string | undefined): readonly string[] => {
  if (spec.type === 'ExternalName' || spec.clusterIP === 'None') return [];
  const written = spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []);
  if (written.length > 0) return written;
  const twin = assigned !== undefined && wantsIPv6(spec) ? twinOf(assigned) : undefined;
  const both = [assigned, twin].filter((address) => address !== undefined);
  return prefersIPv6(spec) ? both.reverse() : both;
};

const resolutionOf = (spec: ServiceSpec): Resolution =>
  spec.type === 'ExternalName' ? 'dns-strict' : spec.clusterIP === 'None' ? 'original-dst' : 'eds';

const exportedTo = (text: string | undefined, fallback: readonly string[]): readonly string[] =>
  text ? text.split(',').map((part) => part.trim()) : fallback;

/** UDP passes the mesh by [S80]: where TCP has the same number, as for DNS, only that counts. */
const tcpPorts = ({ ports = [] }: ServiceSpec) =>
  ports.filter(({ port, protocol }) => protocol !== 'UDP' || !ports.some((other) => other.port === port && other.protocol !== 'UDP'));

/** Istio's annotation for what came before Kubernetes' field, and for ServiceEntries. */
const distributionAnnotation = 'networking.istio.io/traffic-distribution';

const distributions: ReadonlyMap<string, NonNullable<Service['distribution']>> = new Map([
  ['preferclose', 'SAME_ZONE'],
  ['prefersamezone', 'SAME_ZONE'],
  ['prefersamenode', 'SAME_NODE'],
]);

/** Which endpoints the service itself prefers [S65]; the field counts before the annotation. */
export const distributionOf = (annotations: Labels, field = ''): Pick<Service, 'distribution'> => {
  const written = distributions.get(field.toLowerCase()) ?? distributions.get((annotations[distributionAnnotation] ?? '').toLowerCase());
  return written ? { distribution: written } : {};
};

export interface ServiceContext {
  /** The virtual address that Weft gave it, where the object names none. */
  readonly assigned: string | undefined;
  readonly defaultExportTo: readonly string[];
}

export const serviceOf = ({ metadata, spec }: Resource<ServiceSpec>, { assigned, defaultExportTo }: ServiceContext): Service => {
  const hostname = `${metadata.name}.${metadata.namespace}.svc.${clusterDomain}`.toLowerCase();
  return {
    key: `${metadata.namespace}/${hostname}`,
    hostname,
    namespace: metadata.namespace,
    shortName: metadata.name,
    addresses: addressesOf(spec, assigned),
    ports: tcpPorts(spec).map(({ port, name = '', appProtocol, protocol }) => ({
      number: port,
      name,
      protocol: selectProtocol({ number: port, name, appProtocol, transport: protocol }),
    })),
    resolution: resolutionOf(spec),
    headless: spec.clusterIP === 'None' && spec.type !== 'ExternalName',
    meshExternal: spec.type === 'ExternalName',
    ...(spec.type === 'ExternalName' && spec.externalName ? { target: spec.externalName.toLowerCase().replace(/\.$/, '') } : {}),
    exportTo: exportedTo(metadata.annotations[exportAnnotation], defaultExportTo),
    ...distributionOf(metadata.annotations, spec.trafficDistribution),
    created: metadata.created,
  };
};

export const backendOf = ({ spec }: Resource<ServiceSpec>, service: Service): Backend => {
  const targets = new Map(tcpPorts(spec).map(({ port, targetPort }) => [port, targetPort ?? port]));
  const backend = { service, targets };
  if (spec.type === 'ExternalName') return spec.externalName ? { ...backend, external: spec.externalName } : backend;
  if (!spec.selector || Object.keys(spec.selector).length === 0) return backend;
  return {
    ...backend,
    selector: spec.selector,
    ...(spec.publishNotReadyAddresses ? { unready: true } : {}),
    ...(wantsIPv6(spec) && { ipv6: prefersIPv6(spec) ? 'first' : 'too' }),
  };
};
