/** A record as a row, and back. */
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { type AccessRecord, hostOfAddress, type Party, type Refusal, type RequestPart } from '@weft/signals';
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

/** What is said of many records alike; of an attacker's, who says something else each time, each has its own. */
type Shape = Pick<
  AccessRecord,
  'protocol' | 'flags' | 'details' | 'route' | 'upstreamCluster' | 'led' | 'called' | 'tls' | 'verdict' | 'audited' | 'token'
> & {
  readonly request?: Pick<RequestPart, 'method' | 'status' | 'grpcStatus'>;
  readonly refusal?: Omit<Refusal, 'id'>;
};

const refusedAs = ({ id: _id, ...rest }: Refusal): Omit<Refusal, 'id'> => rest;

export const shapeOf = (record: AccessRecord): string => {
  const { protocol, flags, details, route, upstreamCluster, led, called, tls, verdict, audited, token, request, refusal } = record;
  const shape: Shape = {
    ...{ protocol, flags, details, route, upstreamCluster, verdict },
    ...(led && { led }),
    ...(tls && { tls }),
    ...(called !== undefined && { called }),
    ...(audited && { audited }),
    // Of those who were let in it would be a shape for each user.
    ...(token && verdict.kind === 'denied' && { token }),
    ...(request && { request: { method: request.method, status: request.status, grpcStatus: request.grpcStatus } }),
    ...(refusal && { refusal: refusedAs(refusal) }),
  };
  return JSON.stringify(shape);
};

const portOf = (address: string): number | null => {
  const port = /:(\d+)$/.exec(address)?.[1];
  return port === undefined || hostOfAddress(address) === address ? null : Number(port);
};

const addressOf = (host: string, port: SQLOutputValue | undefined): string => {
  if (typeof port !== 'number') return host;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
};

export interface RowPlace {
  readonly id: number;
  /** Numbers of the parties and the shape. */
  readonly source: number;
  readonly destination: number;
  readonly shape: number;
}

/** What the column takes, whatever was counted: one record that it refused would hold up all behind it. */
const integer = (number: number): number => Math.min(Math.round(number), Number.MAX_SAFE_INTEGER);

export const rowOf = (record: AccessRecord, place: RowPlace): RecordRow => {
  const { source, destination, request, refusal, duration, received, sent } = record;
  const peer = hostOfAddress(source.address);
  return {
    ...place,
    at: record.at,
    side: record.side === 'source' ? 0 : 1,
    peer,
    peer_port: portOf(source.address),
    client: source.client === peer ? null : source.client,
    server: hostOfAddress(destination.address),
    server_port: portOf(destination.address),
    host: request?.host ?? null,
    path: request?.path ?? null,
    denied: record.verdict.kind === 'denied' ? 1 : 0,
    mtls: record.mtls ? 1 : 0,
    ms: integer(duration),
    received: integer(received),
    sent: integer(sent),
    denial: refusal?.id ?? (request?.denial || null),
    request: request?.id || null,
    trace: request?.trace || null,
  };
};

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

const requestIn = (row: Output, said: NonNullable<Shape['request']>): RequestPart => ({
  ...said,
  host: text(row, 'host'),
  path: text(row, 'path'),
  id: text(row, 'request'),
  trace: text(row, 'trace'),
  denial: text(row, 'denial'),
});

/** `shape_text` is the shape itself. */
export const recordIn = (row: Output): AccessRecord => {
  const { request, refusal, ...shape } = JSON.parse(text(row, 'shape_text')) as Shape;
  const [peer, server] = [text(row, 'peer'), text(row, 'server')];
  return {
    ...shape,
    at: Number(row['at']),
    side: row['side'] === 0 ? 'source' : 'destination',
    source: { ...party(row, 'source', addressOf(peer, row['peer_port'])), client: text(row, row['client'] === null ? 'peer' : 'client') },
    destination: { ...party(row, 'destination', addressOf(server, row['server_port'])), service: text(row, 'destination_service') },
    duration: Number(row['ms']),
    received: Number(row['received']),
    sent: Number(row['sent']),
    ...(request && { request: requestIn(row, request) }),
    ...(refusal && { refusal: { ...refusal, id: text(row, 'denial') } }),
    mtls: row['mtls'] === 1,
  };
};
