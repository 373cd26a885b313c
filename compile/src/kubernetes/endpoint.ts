import { type Backend, type Endpoint, type MtlsMode, nowhere, type PeerModes, type Workload } from '../mesh/index.ts';

export type PeerLookup = (workload: Workload) => PeerModes;

export interface EndpointPort {
  /** The workload's own. */
  readonly port: number;
  readonly mode: MtlsMode;
  /** As the service wants it. */
  readonly ipv6?: Backend['ipv6'];
}

/** As Kubernetes' slices of a Service's families, of which Istio makes one endpoint with several addresses. */
const addressesOf = ({ address, ipv6 }: Workload, wanted: Backend['ipv6']): Pick<Endpoint, 'address' | 'additional'> => {
  if (wanted === undefined || ipv6 === undefined) return { address };
  return wanted === 'first' ? { address: ipv6, additional: address } : { address, additional: ipv6 };
};

/** An endpoint takes mesh mTLS unless PeerAuthentication disables it for that port [S93]. */
export const endpointOf = (workload: Workload, { port, mode, ipv6 }: EndpointPort): Endpoint => ({
  ...addressesOf(workload, ipv6),
  port,
  labels: workload.labels,
  identity: workload.identity,
  mtls: workload.sidecar && mode !== 'DISABLE',
  locality: workload.locality,
  weight: workload.weight,
  workload: workload.owner,
  namespace: workload.namespace,
  cluster: workload.cluster,
});

/** An address that nothing is known about. */
export const plainEndpoint = (address: string, port: number): Endpoint => ({
  address,
  port,
  labels: {},
  identity: '',
  mtls: false,
  locality: nowhere,
  weight: 1,
  workload: '',
  namespace: '',
  cluster: '',
});

/** The workload's port that a service port leads to: by number, or by the name of one of its ports. */
export const targetPort = (workload: Pick<Workload, 'ports'>, target: number | string): number | undefined =>
  typeof target === 'number'
    ? target
    : ((Object.hasOwn(workload.ports, target) ? workload.ports[target] : undefined) ?? (/^\d+$/.test(target) ? Number(target) : undefined));
