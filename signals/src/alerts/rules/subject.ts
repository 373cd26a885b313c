/** What a rule about requests is about: which requests, what tells one thing from the next, and who counted it. */
import type { AlertSubject } from '@weft/model';
import type { Perspective } from '../../golden/subjects.ts';
import { hostOf } from '../../objective/requests.ts';
import type { Labels } from '../../prometheus/exposition.ts';
import type { SeriesGroup, Where } from '../../query.ts';
import type { Measured } from '../../series/steps.ts';
import type { Watch } from './watch.ts';

/** Istio's label → the alert's. */
type Names = Readonly<Record<string, string>>;

const serviceNames: Names = { destination_service_namespace: 'namespace', destination_service_name: 'service' };
const workloadNames: Names = { destination_workload_namespace: 'namespace', destination_workload: 'workload' };

/** What arrived at workloads and versions their own proxies know, and callers may not. */
const isOfServers = ({ workload, version }: AlertSubject): boolean => (workload ?? version) !== undefined;

const namesOf = ({ service, route, workload, version }: AlertSubject): Names => ({
  ...(service === undefined && workload !== undefined ? workloadNames : serviceNames),
  ...(service !== undefined && workload !== undefined && { destination_workload: 'workload' }),
  ...(version !== undefined && { destination_version: 'version' }),
  ...(route !== undefined && { route: 'route' }),
});

const one = (label: string, value: string | undefined): Where => (value === undefined || value === '*' ? {} : { [label]: [value] });

const scopeOf = ({ subject, namespace, home }: Watch): Where => {
  if (subject.service !== undefined) return { destination_service: [hostOf(subject.service, home)] };
  return one(subject.workload === undefined ? 'destination_service_namespace' : 'destination_workload_namespace', namespace);
};

export interface Wanted {
  readonly by: readonly string[];
  readonly where: Where;
  readonly seenBy: Perspective;
}

export const wantedOf = (watch: Watch): Wanted => {
  const { subject } = watch;
  return {
    by: Object.keys(namesOf(subject)),
    where: {
      ...scopeOf(watch),
      ...one('route', subject.route),
      ...one('destination_workload', subject.workload),
      ...one('destination_version', subject.version),
    },
    seenBy: isOfServers(subject) ? 'servers' : 'callers',
  };
};

/** Series of one thing, from whoever counted them. What is nothing of the mesh answers to nobody's rule. */
export const bySubject = <Value extends Measured>(
  groups: readonly SeriesGroup<Value>[],
  { subject }: Watch,
): readonly (readonly [Labels, readonly SeriesGroup<Value>[]])[] => {
  const names = Object.entries(namesOf(subject));
  const labelsOf = ({ labels }: SeriesGroup<Measured>): Labels =>
    Object.fromEntries(names.map(([label, name]) => [name, labels[label] ?? '']));
  const known = groups.filter((group) => !['', 'unknown'].includes(labelsOf(group)['namespace'] ?? ''));
  return [...Map.groupBy(known, (group) => JSON.stringify(labelsOf(group)))].map(([key, members]) => [JSON.parse(key) as Labels, members]);
};
