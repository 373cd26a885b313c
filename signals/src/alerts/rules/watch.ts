/** An AlertRule with everything said, and what it is judged by. */
import { type AlertRuleSpec, type AlertSignal, type NamedSaturation, parsePeriod, type Resource } from '@weft/model';
import type { SignalsQuery } from '../../query.ts';
import type { AlertRule, Observation } from '../alert.ts';
import { shortestStep } from './steps.ts';

export interface SeenProxy {
  readonly namespace: string;
  readonly name: string;
  readonly connected: boolean;
  readonly inStep: boolean;
}

export interface SeenCertificate {
  /** Empty: the mesh's own. */
  readonly namespace: string;
  /** `root`, `pod web-1`, `Secret web-cert`. */
  readonly name: string;
  /** Unix milliseconds. */
  readonly notAfter: number;
}

/** How things stand that are no measurements. */
export interface Sight {
  readonly proxies: readonly SeenProxy[];
  readonly certificates: readonly SeenCertificate[];
  /** `namespace/workload` of those where mutual TLS is turned off. */
  readonly plaintextWanted: ReadonlySet<string>;
  /** What users want to know to be full. */
  readonly saturations: readonly NamedSaturation[];
}

/** What weftd sees; the rest of it is configured. */
export type SeenNow = Pick<Sight, 'proxies' | 'certificates'>;

export interface Look {
  readonly query: SignalsQuery;
  readonly sight: Sight;
  /** Unix milliseconds. */
  readonly now: number;
}

export interface Watch {
  readonly rule: AlertRule;
  readonly summary: string;
  readonly signal: AlertSignal;
  readonly subject: NonNullable<AlertRuleSpec['subject']>;
  /** Where the rule stands: short names are of there. */
  readonly home: string;
  /** What it may look at; absent: all of the mesh. */
  readonly namespace?: string;
  /** Milliseconds. */
  readonly window: number;
}

export type Judge = (watch: Watch, moment: Look) => Promise<readonly Observation[]>;

interface Written {
  readonly metadata: Pick<Resource['metadata'], 'name' | 'namespace'>;
  readonly spec: AlertRuleSpec;
}

const minute = 60_000;
const usualWindow = 5 * minute;

/** These say how things stand at this moment. */
export const isPresent = ({ certificateExpiry, proxyOutOfStep }: AlertSignal): boolean =>
  (certificateExpiry ?? proxyOutOfStep) !== undefined;

/** What comes back sooner is still the same trouble. */
const keepOf = (window: number): number => Math.min(window, 5 * minute);

/** Each look tells of all certificates and proxies: what is missing there is gone, unless weftd has only just begun to see. */
const leavesOf = (signal: AlertSignal): number => (isPresent(signal) ? minute : 60 * minute);

export const watchOf = ({ metadata, spec }: Written, rootNamespace: string): Watch => {
  const window = isPresent(spec.signal) ? shortestStep : (parsePeriod(spec.window ?? '') ?? usualWindow);
  const { name, namespace } = metadata;
  return {
    rule: {
      name: `${namespace}/${name}`,
      labels: { ...spec.labels, alertname: name, severity: spec.severity ?? 'ticket' },
      timing: { for: parsePeriod(spec.for ?? '') ?? 0, keep: keepOf(window), missing: { leaves: leavesOf(spec.signal) } },
    },
    summary: spec.summary ?? name,
    signal: spec.signal,
    subject: spec.subject ?? {},
    home: namespace,
    ...(namespace !== rootNamespace && { namespace }),
    window,
  };
};
