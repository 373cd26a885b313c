/** What is asked most, and how it goes: requests of some time by who asked whom for what. */
import { diagnose } from '../errors/diagnosis.ts';
import { isFailure } from '../objective/events.ts';
import type { AccessRecord, Party } from './record.ts';

/** The last of those that failed. */
export interface LastFailure {
  readonly words: string;
  /** For `weft why`; empty where it has none. */
  readonly id: string;
}

export interface TopRow {
  /** `namespace/workload`, or an address. */
  readonly source: string;
  readonly destination: string;
  /** Empty for connections that are not HTTP. */
  readonly method: string;
  readonly path: string;
  readonly route: string;
  readonly count: number;
  /** Milliseconds. */
  readonly best: number;
  readonly worst: number;
  readonly last: number;
  /** 0 to 1. */
  readonly success: number;
  /** Absent: none failed. */
  readonly failure?: LastFailure;
}

export interface Top {
  /** Unix milliseconds. */
  readonly from: number;
  readonly to: number;
  /** More came than were looked at: counted are the newest. */
  readonly truncated: boolean;
  /** The most frequent first. */
  readonly rows: readonly TopRow[];
}

const nameOf = ({ namespace, workload, address }: Party): string =>
  workload === '' ? address.replace(/:\d+$/, '') : `${namespace}/${workload}`;

/** The server's proxy tells of it too, so that it would count twice: unless there is none, or nobody was reached. */
const isToldTwice = ({ side, destination }: AccessRecord): boolean => side === 'source' && destination.principal !== '';

/** As objectives count, and whoever was refused. */
const isFailed = ({ request, flags, verdict }: AccessRecord): boolean => {
  if (verdict.kind === 'denied') return true;
  return request ? isFailure({ code: `${request.status}`, grpcStatus: request.grpcStatus }) : flags !== '';
};

const failureOf = (record: AccessRecord): LastFailure => {
  const words = diagnose(record.side === 'source' ? { caller: record } : { server: record })?.words ?? record.details;
  const { request, refusal } = record;
  return { words, id: request?.denial || request?.id || refusal?.id || '' };
};

const destinationOf = ({ destination, request }: AccessRecord): string => nameOf(destination) || destination.service || request?.host || '';

const keyOf = (record: AccessRecord): string => {
  const { source, request, route } = record;
  return [nameOf(source), destinationOf(record), request?.method, request?.path, route].join('\0');
};

const newestOf = (records: readonly AccessRecord[]): AccessRecord | undefined => {
  let newest: AccessRecord | undefined;
  for (const record of records) if (!newest || record.at > newest.at) newest = record;
  return newest;
};

const rowOf = (records: readonly AccessRecord[]): readonly TopRow[] => {
  const newest = newestOf(records);
  if (!newest) return [];
  const failed = records.filter(isFailed);
  const lastFailed = newestOf(failed);
  const durations = records.map(({ duration }) => duration);
  const row: TopRow = {
    ...{ source: nameOf(newest.source), destination: destinationOf(newest), route: newest.route },
    ...{ method: newest.request?.method ?? '', path: newest.request?.path ?? '', count: records.length },
    best: durations.reduce((a, b) => Math.min(a, b)),
    worst: durations.reduce((a, b) => Math.max(a, b)),
    last: newest.duration,
    success: 1 - failed.length / records.length,
    ...(lastFailed && { failure: failureOf(lastFailed) }),
  };
  return [row];
};

export const topRows = (records: readonly AccessRecord[], limit: number): readonly TopRow[] =>
  [
    ...Map.groupBy(
      records.filter((record) => !isToldTwice(record)),
      keyOf,
    ).values(),
  ]
    .flatMap(rowOf)
    .sort((a, b) => b.count - a.count || b.worst - a.worst)
    .slice(0, limit);
