/** A record as a row, and back. */
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { type AccessRecord, hostOfAddress, type Party } from '@weft/signals';
import type { partyColumns, recordColumns } from './schema.ts';

/** A party with the service that it was called by; empty for those who call. */
export type PartyRow = Readonly<Record<(typeof partyColumns)[number], string>>;

type RecordRow = Readonly<Record<(typeof recordColumns)[number], SQLInputValue>>;

const partyRow = ({ principal, namespace, workload, app, version, cluster }: Party, service: string): PartyRow => ({
  ...{ principal, namespace, workload, app, version, cluster, service },
});

export const partiesOf = ({ source, destination }: AccessRecord): { readonly source: PartyRow; readonly destination: PartyRow } => ({
  source: partyRow(source, ''),
  destination: partyRow(destination, destination.service),
});

/** What is not searched by. */
type Rest = Omit<AccessRecord, 'at' | 'side' | 'source' | 'destination' | 'mtls' | 'request'> & {
  readonly addresses: readonly [source: string, destination: string];
  readonly request?: Omit<NonNullable<AccessRecord['request']>, 'path' | 'id' | 'denial'>;
};

const restOf = ({ at: _at, side: _side, source, destination, mtls: _mtls, request, ...rest }: AccessRecord): Rest => {
  const addresses = [source.address, destination.address] as const;
  if (!request) return { ...rest, addresses };
  const { path: _path, id: _id, denial: _denial, ...asked } = request;
  return { ...rest, addresses, request: asked };
};

export interface RowPlace {
  readonly id: number;
  /** Numbers of the parties. */
  readonly source: number;
  readonly destination: number;
}

export const rowOf = (record: AccessRecord, { id, source, destination }: RowPlace): RecordRow => ({
  id,
  at: record.at,
  side: record.side === 'source' ? 0 : 1,
  ...{ source, destination },
  peer: hostOfAddress(record.source.address),
  client: record.source.client,
  server: hostOfAddress(record.destination.address),
  path: record.request?.path ?? null,
  denied: record.verdict.kind === 'denied' ? 1 : 0,
  mtls: record.mtls ? 1 : 0,
  denial: record.refusal?.id ?? (record.request?.denial || null),
  request: record.request?.id || null,
  rest: JSON.stringify(restOf(record)),
});

type Output = Readonly<Record<string, SQLOutputValue>>;

const text = (row: Output, column: string): string => String(row[column] ?? '');

/** Columns of both parties stand beside the record's own under `source_…` and `destination_…`. */
const party = (row: Output, end: 'source' | 'destination', address: string): Party => ({
  principal: text(row, `${end}_principal`),
  namespace: text(row, `${end}_namespace`),
  workload: text(row, `${end}_workload`),
  app: text(row, `${end}_app`),
  version: text(row, `${end}_version`),
  cluster: text(row, `${end}_cluster`),
  address,
});

export const recordIn = (row: Output): AccessRecord => {
  const { addresses, request, ...rest } = JSON.parse(text(row, 'rest')) as Rest;
  const [from, to] = addresses;
  const ids = { path: text(row, 'path'), id: text(row, 'request'), denial: text(row, 'denial') };
  return {
    ...rest,
    at: Number(row['at']),
    side: row['side'] === 0 ? 'source' : 'destination',
    source: { ...party(row, 'source', from), client: text(row, 'client') },
    destination: { ...party(row, 'destination', to), service: text(row, 'destination_service') },
    ...(request && { request: { ...request, ...ids } }),
    mtls: row['mtls'] === 1,
  };
};
