/** EndpointSlices that people wrote for Services without selector. */
import type { EndpointSliceSpec, Resource } from '@weft/model';
import { type Endpoint, modeOf, type Workload } from '../mesh/index.ts';
import type { PeerLookup } from './endpoint.ts';
import { endpointOf, plainEndpoint } from './endpoint.ts';

const serviceLabel = 'kubernetes.io/service-name';

/** `namespace/service name` */
export const sliceService = ({ metadata }: Resource<EndpointSliceSpec>): string =>
  `${metadata.namespace}/${metadata.labels[serviceLabel] ?? ''}`;

export interface SlicePort {
  readonly number: number;
  readonly name: string;
}

export interface SliceContext {
  readonly peers: PeerLookup;
  /** The workload at an address, whose identity the endpoint then has. */
  readonly workloadAt: (address: string) => Workload | undefined;
}

/** The ready endpoints of one port: slices name ports as the Service does. */
export const sliceEndpoints = (
  slices: readonly Resource<EndpointSliceSpec>[],
  port: SlicePort,
  context: SliceContext,
): readonly Endpoint[] =>
  slices.flatMap(({ spec }) => {
    const target =
      (spec.ports ?? []).find((candidate) => (candidate.name ?? '') === port.name)?.port ?? (spec.ports ? undefined : port.number);
    if (target === undefined || spec.addressType === 'FQDN') return [];
    const ready = (spec.endpoints ?? []).filter((endpoint) => endpoint.conditions?.ready !== false);
    return ready.flatMap((endpoint) =>
      endpoint.addresses.slice(0, 1).map((address) => {
        const workload = context.workloadAt(address);
        if (!workload) return plainEndpoint(address, target);
        return { ...endpointOf(workload, { port: target, mode: modeOf(context.peers(workload), target) }), address };
      }),
    );
  });
