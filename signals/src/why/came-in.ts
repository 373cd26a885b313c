/** A record of who was refused → the question to ask of the configuration: the same request, with all that is known of it. */
import type { CameIn } from '@weft/model';
import { hostOfAddress } from '../records/query.ts';
import type { AccessRecord } from '../records/record.ts';
import { isAmbiguous } from '../records/verdict.ts';

const portOf = (address: string): number => Number(/:(\d+)$/.exec(address)?.[1] ?? 0);

const decidedBy = ({ verdict }: AccessRecord): Pick<CameIn, 'decided'> => {
  if (verdict.kind !== 'denied' || isAmbiguous(verdict)) return {};
  const { by, reason, rule } = verdict;
  return { decided: { by, reason, ...(rule && { rule }) } };
};

/** At a server's proxy, or at a gateway, which speaks as the one who calls. */
export const cameInOf = (record: AccessRecord): CameIn => {
  const { at, side, source, destination, request, refusal, tls, mtls, token, called = 0 } = record;
  const isServer = side === 'destination';
  const { namespace, workload } = isServer ? destination : source;
  return {
    at,
    // A gateway has its address from the caller's side only, and of its pods all have the same policies.
    proxy: { namespace, workload, address: isServer ? hostOfAddress(destination.address) : '' },
    identity: isServer ? source.principal : '',
    source: hostOfAddress(isServer ? source.address : source.client),
    client: source.client,
    port: isServer ? portOf(destination.address) : called,
    serverName: tls?.serverName ?? refusal?.serverName ?? '',
    mtls: isServer && mtls,
    ...(token && { token }),
    ...decidedBy(record),
    ...(request && { request: { method: request.method, host: request.host, path: request.path } }),
  };
};
