/** A record of who was refused → the question to ask of the configuration: the same request, with all that is known of it. */
import type { CameIn } from '@weft/model';
import { hostOfAddress } from '../records/query.ts';
import type { AccessRecord } from '../records/record.ts';

const portOf = (address: string): number => Number(/:(\d+)$/.exec(address)?.[1] ?? 0);

/** At a server's proxy, or at a gateway, which speaks as the one who calls. */
export const cameInOf = (record: AccessRecord): CameIn => {
  const { at, side, source, destination, request, refusal, tls, mtls, called = '' } = record;
  const own = side === 'source' ? source : destination;
  const dialled = side === 'source' ? called : destination.address;
  const isServer = side === 'destination';
  return {
    at,
    proxy: { namespace: own.namespace, workload: own.workload, address: hostOfAddress(dialled) },
    identity: isServer ? source.principal : '',
    source: hostOfAddress(isServer ? source.address : source.client),
    client: source.client,
    port: portOf(dialled),
    serverName: tls?.serverName ?? refusal?.serverName ?? '',
    mtls: isServer && mtls,
    ...(request && { request: { method: request.method, host: request.host, path: request.path } }),
  };
};
