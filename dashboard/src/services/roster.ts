/** All services with what is known of each, put together from a few answers about all of them. */
import type { Finding, GoldenSignals, Health, LabelledSeries, ObjectiveStatus, RegisteredService } from '@weft/model';
import { healthOf } from '@weft/signals';

export interface Named {
  readonly namespace: string;
  readonly name: string;
}

export interface ServiceRow extends Named {
  /** Absent: nobody declares it, and it was called all the same. */
  readonly registered?: RegisteredService;
  readonly signals?: GoldenSignals;
  readonly health: Health;
  /** The one with least budget left. */
  readonly objective?: ObjectiveStatus;
  /** Of requests that its proxies saw; absent: they saw none. */
  readonly mtlsShare?: number;
  readonly versions: readonly string[];
  readonly findings: readonly Finding[];
}

export interface RosterInput {
  readonly registered: readonly RegisteredService[];
  readonly signals: readonly GoldenSignals[];
  /** Requests by service, version and `connection_security_policy`, as servers saw them. */
  readonly served: readonly LabelledSeries[];
  readonly objectives: readonly ObjectiveStatus[];
  readonly findings: readonly Finding[];
}

export const keyOf = ({ namespace, name }: Named): string => `${namespace}/${name}`;

const labelled = ({ labels }: Pick<LabelledSeries, 'labels'>): Named => ({
  namespace: labels['destination_service_namespace'] ?? '',
  name: labels['destination_service_name'] ?? '',
});

/** Its own namespace's short name, or a full host. */
const subjectOf = ({ namespace, subject }: ObjectiveStatus): Named => {
  const [name = '', other = namespace] = subject.service.split('.');
  return { namespace: other, name };
};

const shareOf = (served: readonly LabelledSeries[]): number | undefined => {
  const sum = (some: readonly LabelledSeries[]): number => some.reduce((all, { count }) => all + count, 0);
  const all = sum(served);
  return all > 0 ? sum(served.filter(({ labels }) => labels['connection_security_policy'] === 'mutual_tls')) / all : undefined;
};

/** Of those that run, and those that answered. */
const versionsOf = (registered: RegisteredService | undefined, served: readonly LabelledSeries[]): readonly string[] => {
  const running = registered?.workloads.map(({ version }) => version) ?? [];
  const answered = served.map(({ labels }) => labels['destination_version'] ?? '');
  return [...new Set([...running, ...answered])].filter((one) => one !== '' && one !== 'unknown').sort();
};

const isOther = ({ namespace, name }: Named): boolean => name === '' || name === 'unknown' || namespace === '';

export const objectivesOf = (all: readonly ObjectiveStatus[], service: Named): readonly ObjectiveStatus[] =>
  all.filter((one) => keyOf(subjectOf(one)) === keyOf(service));

const tightest = (objectives: readonly ObjectiveStatus[]): ObjectiveStatus | undefined =>
  objectives.toSorted((a, b) => a.budget.remaining - b.budget.remaining)[0];

/** Those that are registered, and those that were called all the same. */
export const rosterOf = ({ registered, signals, served, objectives, findings }: RosterInput): readonly ServiceRow[] => {
  const signalsBy = new Map(signals.map((one) => [keyOf(labelled(one)), one]));
  const servedBy = Map.groupBy(served, (one) => keyOf(labelled(one)));
  const objectivesBy = Map.groupBy(objectives, (one) => keyOf(subjectOf(one)));
  const findingsBy = Map.groupBy(
    findings.filter(({ resource }) => resource?.kind === 'Service'),
    ({ resource }) => keyOf(resource ?? { namespace: '', name: '' }),
  );
  const called = signals.map(labelled).filter((one) => !isOther(one));
  const declared = new Map(registered.map((one) => [keyOf(one), one]));
  const all = new Map([...registered, ...called].map((one) => [keyOf(one), one]));
  return [...all].map(([key, { namespace, name }]) => {
    const known = declared.get(key);
    const own = signalsBy.get(key);
    const objective = tightest(objectivesBy.get(key) ?? []);
    const mtlsShare = shareOf(servedBy.get(key) ?? []);
    return {
      ...{ namespace, name, health: healthOf(own ?? { requests: 0, failed: 0 }) },
      ...(known && { registered: known }),
      ...(own && { signals: own }),
      ...(objective && { objective }),
      ...(mtlsShare !== undefined && { mtlsShare }),
      versions: versionsOf(known, servedBy.get(key) ?? []),
      findings: findingsBy.get(key) ?? [],
    };
  });
};
