/** Who came to which port, and by what the connection was protected: of many records one row for each hour. */
import { hostOfAddress } from './query.ts';
import type { AccessRecord } from './record.ts';

/** What came in `mutual TLS`, in `plaintext` (or in TLS that is not the mesh's), or was `refused` for what it came in. */
export type Protection = 'mutual TLS' | 'plaintext' | 'refused';

export interface ArrivalKey {
  readonly namespace: string;
  readonly workload: string;
  /** The workload's own. */
  readonly port: number;
  readonly protection: Protection;
  /** Verified; empty: nobody proved who it is. */
  readonly principal: string;
  readonly sourceNamespace: string;
  readonly sourceWorkload: string;
  /** Without a port; empty where the identity says who it is, and for those beyond the first thousand in an hour. */
  readonly address: string;
}

export interface Arrivals extends ArrivalKey {
  /** Requests, and connections that are not HTTP. */
  readonly count: number;
  /** Of the first and the last one, in Unix milliseconds. */
  readonly first: number;
  readonly last: number;
}

const portOf = (address: string): number => Number(/:(\d+)$/.exec(address)?.[1] ?? 0);

/** A policy's no says nothing of how somebody came. */
const protectionOf = ({ verdict, mtls }: AccessRecord): Protection => {
  if (verdict.kind === 'denied' && (verdict.by === 'listener' || verdict.by === 'handshake')) return 'refused';
  return mtls ? 'mutual TLS' : 'plaintext';
};

const keyOf = (record: AccessRecord): ArrivalKey => {
  const { source, destination, mtls } = record;
  const { namespace, workload, address } = destination;
  const { principal, namespace: sourceNamespace, workload: sourceWorkload } = source;
  const known = { principal, sourceNamespace, sourceWorkload, address: mtls ? '' : hostOfAddress(source.address) };
  return { namespace, workload, port: portOf(address), protection: protectionOf(record), ...known };
};

/** Of servers' proxies: a caller's does not know what the server made of it. */
export const arrivalsIn = (records: readonly AccessRecord[]): readonly Arrivals[] => {
  const byKey = new Map<string, { -readonly [Field in keyof Arrivals]: Arrivals[Field] }>();
  for (const record of records) {
    if (record.side !== 'destination') continue;
    const key = keyOf(record);
    const text = Object.values(key).join('\0');
    const known = byKey.get(text);
    if (!known) {
      byKey.set(text, { ...key, count: 1, first: record.at, last: record.at });
      continue;
    }
    known.count += 1;
    known.first = Math.min(known.first, record.at);
    known.last = Math.max(known.last, record.at);
  }
  return [...byKey.values()];
};
