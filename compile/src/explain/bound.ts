/** Egress listeners of a Sidecar that have an address or a Unix socket of their own, and what they hold [S23]. */
import { canBind, listenerName } from '@weft/envoy';
import { type BoundScope, boundScopes, isHttp, type OutboundSlice, readsHttp, signOf } from '../mesh/index.ts';
import type { ChainChoice } from './chains.ts';
import { chainsOf, type Lead } from './entries.ts';
import { type Candidate, candidatesAt, proxiedCandidates } from './hosts.ts';

export interface BoundListener {
  readonly name: string;
  /** Virtual hosts of its table; absent: nothing is read as HTTP. */
  readonly http?: readonly Candidate[];
  readonly bytes: readonly ChainChoice<Lead>[];
  /** Ports in `Host` tell virtual hosts apart. */
  readonly withPorts?: boolean;
  /** At the very address that was dialled; otherwise at all addresses. */
  readonly isExact: boolean;
}

interface Dialled {
  readonly address: string | undefined;
  readonly port: number;
}

const isAnywhere = (bind: string): boolean => bind === '0.0.0.0' || bind === '::';

const contentOf = ({ bind, port, entries, virtualHosts }: BoundScope): Omit<BoundListener, 'isExact'> => {
  const name = port.number === 0 ? bind : listenerName(bind, port.number);
  const carriesBytes = isHttp(port.protocol) ? [] : entries.filter((entry) => !isHttp(entry.port.protocol));
  const bytes = carriesBytes.flatMap((entry) => chainsOf(entry, signOf(entry)));
  if (!readsHttp(port)) return { name, bytes };
  const readable = entries.filter((entry) => readsHttp({ ...port, protocol: entry.port.protocol }));
  return port.isProxy || port.number === 0
    ? { name, bytes, http: proxiedCandidates(readable), withPorts: true }
    : { name, bytes, http: candidatesAt(port.number, entries, virtualHosts) };
};

/** What listens where the client dials. */
export const boundAt = (slice: OutboundSlice, { address, port }: Dialled): BoundListener | undefined => {
  const there = boundScopes(slice).filter((one) => one.port.number === port && canBind(one, port));
  const exact = there.find(({ bind }) => bind === address);
  const found = exact ?? there.find(({ bind }) => isAnywhere(bind));
  return found && { ...contentOf(found), isExact: exact !== undefined };
};
