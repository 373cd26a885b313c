/**
 * The same measurements with fewer labels, summed up before they are written: a question about the mesh over a day is answered from some dozens
 * of series, not from some ten thousand.
 */
import type { Question } from '@weft/signals';
import type { Kind } from './shard.ts';

export interface View {
  readonly name: string;
  /** Absent: all. */
  readonly labels?: readonly string[];
  /** Absent: all but gauges, which are about one thing each: with labels taken away they would be about none. */
  readonly only?: Kind;
}

const ends = ['reporter', 'request_protocol', 'connection_security_policy'];
const answer = [...ends, 'response_code', 'grpc_response_status', 'response_flags'];

const caller = ['source_workload', 'source_workload_namespace', 'source_version', 'source_principal'];

const server = [
  ...['destination_service', 'destination_service_name', 'destination_service_namespace', 'destination_workload'],
  ...['destination_workload_namespace', 'destination_version', 'destination_canonical_service', 'destination_canonical_revision'],
];

/** From the fewest series to the most; the last has everything. */
export const views: readonly View[] = [
  { name: 'mesh', labels: answer },
  { name: 'services', labels: [...answer, ...server] },
  // How long requests between two took, whatever was answered: most of what histograms are split by.
  { name: 'edges', labels: [...ends, ...caller, ...server], only: 'histogram' },
  { name: 'all' },
];

export const everything = views.length - 1;

export const isIn = ({ only, labels }: View, kind: Kind): boolean =>
  labels === undefined || (kind !== 'gauge' && (only === undefined || only === kind));

/** The first that has every label that is asked for. */
export const viewFor = (kind: Kind, { where = {}, by = [] }: Question): number => {
  const asked = [...Object.keys(where), ...by];
  return views.findIndex((view) => isIn(view, kind) && (!view.labels || asked.every((label) => view.labels?.includes(label))));
};
