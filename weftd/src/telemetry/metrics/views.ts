/**
 * The same measurements with fewer labels, summed up as they come: a question about the mesh over a day is answered from some dozens of series,
 * not from some ten thousand.
 */
import type { Labels, Question } from '@weft/signals';

export interface View {
  readonly name: string;
  /** Absent: all. */
  readonly labels?: readonly string[];
}

const answer = ['reporter', 'request_protocol', 'response_code', 'grpc_response_status', 'response_flags', 'connection_security_policy'];

const server = [
  ...['destination_service', 'destination_service_name', 'destination_service_namespace', 'destination_workload'],
  ...['destination_workload_namespace', 'destination_version', 'destination_canonical_service', 'destination_canonical_revision'],
];

/** From the fewest series to the most; the last has everything. */
export const views: readonly View[] = [
  { name: 'mesh', labels: answer },
  { name: 'services', labels: [...answer, ...server] },
  { name: 'all' },
];

export const everything = views.length - 1;

export const seenIn = ({ labels: kept }: View, labels: Labels): Labels =>
  kept ? Object.fromEntries(Object.entries(labels).filter(([label]) => kept.includes(label))) : labels;

/** The first that has every label that is asked for. */
export const viewFor = ({ where = {}, by = [] }: Question): number => {
  const asked = [...Object.keys(where), ...by];
  return views.findIndex(({ labels }) => !labels || asked.every((label) => labels.includes(label)));
};
