/**
 * Objectives as OpenSLO (v1) writes them, for tools that read it. The queries are for Prometheus; beside them stands what is meant, under
 * `weft`, from which the objective can be read back.
 */
import {
  type BurnRateSpec,
  parsePeriod,
  parseThreshold,
  type Resource,
  type ServiceLevelObjectiveSpec,
  workbookBurnRates,
} from '@weft/model';
import { perspectives } from '../golden/subjects.ts';
import type { Where } from '../query.ts';
import { hostOf } from './requests.ts';

export const openSloVersion = 'openslo/v1';
export const shortWindowAnnotation = 'mesh.weft.dev/short-window';
export const longWindowAnnotation = 'mesh.weft.dev/long-window';

const units = [
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** OpenSLO knows one unit for each time, and none below minutes: what is shorter is written as one. */
const durationOf = (text: string): string => {
  const ms = parsePeriod(text) ?? 0;
  // Weeks only for who wrote weeks.
  const [unit, length] = units.find(([name, one]) => ms % one === 0 && (name !== 'w' || text.endsWith('w'))) ?? units[3];
  return `${Math.max(1, Math.ceil(ms / length))}${unit}`;
};

/** What OpenSLO calls a calendar's units. */
export const calendarWords = { Day: '1d', Week: '1w', Month: '1M', Quarter: '1Q', Year: '1Y' } as const;

type Objective = Resource<ServiceLevelObjectiveSpec>;

const quoted = (text: string): string => JSON.stringify(text);

const matchers = ({ metadata, spec: { subject } }: Objective): readonly string[] => {
  const { service, caller = {} } = subject;
  return [
    `destination_service=${quoted(hostOf(service, metadata.namespace))}`,
    ...(caller.principal ? [`source_principal=${quoted(`spiffe://${caller.principal}`)}`] : []),
    ...(caller.namespace ? [`source_workload_namespace=${quoted(caller.namespace)}`] : []),
    ...(caller.workload ? [`source_workload=${quoted(caller.workload)}`] : []),
  ];
};

const sideOf = (side: Where): readonly string[] => Object.entries(side).map(([label, values]) => `${label}=${quoted(values.join('|'))}`);

/** Each request once, by whom it is counted here too. */
const selector = (metric: string, labels: readonly string[]): string =>
  `sum(${perspectives.callers.map((side) => `${metric}{${[...sideOf(side), ...labels].join(',')}}`).join(' or ')})`;

interface Queries {
  readonly good: string;
  readonly total: string;
}

/** @returns undefined for one route's requests, which metrics do not tell apart */
const queriesOf = (objective: Objective): Queries | undefined => {
  const { subject, indicator } = objective.spec;
  if (subject.route !== undefined) return undefined;
  const labels = matchers(objective);
  if (indicator.latency) {
    const bound = parseThreshold(indicator.latency.threshold);
    return {
      good: selector('istio_request_duration_milliseconds_bucket', [...labels, `le="${bound}"`]),
      total: selector('istio_request_duration_milliseconds_count', labels),
    };
  }
  return {
    good: selector('istio_requests_total', [...labels, 'response_code!~"0|5.."', 'grpc_response_status!~"2|4|12|13|14|15"']),
    total: selector('istio_requests_total', [...labels, 'response_code!="0"']),
  };
};

const sliMetric = (objective: Objective) => {
  const { subject, indicator } = objective.spec;
  const weft = { subject, indicator };
  const queries = queriesOf(objective);
  const source = (query: string | undefined) => ({
    metricSource: query === undefined ? { type: 'Weft', spec: { weft } } : { type: 'Prometheus', spec: { query, weft } },
  });
  return { counter: true, good: source(queries?.good), total: source(queries?.total) };
};

const timeWindow = ({ rolling, calendar, timeZone = 'UTC' }: ServiceLevelObjectiveSpec['period']) =>
  calendar
    ? // A Monday, and the first day of a year: every unit begins there.
      { duration: calendarWords[calendar], calendar: { startTime: '2018-01-01 00:00:00', timeZone }, isRolling: false }
    : { duration: durationOf(rolling ?? ''), isRolling: true };

/** OpenSLO has one window for each condition; the short one stands beside it. */
const alertPolicy =
  (name: string) =>
  ({ factor, long, short, severity = 'page' }: BurnRateSpec) => ({
    kind: 'AlertPolicy',
    metadata: { name: `${name}-burn-${long}` },
    spec: {
      alertWhenBreaching: true,
      alertWhenResolved: true,
      alertWhenNoData: false,
      conditions: [
        {
          kind: 'AlertCondition',
          metadata: { name: `${name}-burn-${long}`, annotations: { [shortWindowAnnotation]: short, [longWindowAnnotation]: long } },
          spec: {
            severity,
            condition: { kind: 'burnrate', op: 'gt', threshold: factor, lookbackWindow: durationOf(long), alertAfter: '0m' },
          },
        },
      ],
      // At least one has to be there; who is told, AlertRoutes say.
      notificationTargets: [{ targetRef: 'weft' }],
    },
  });

export const toOpenSlo = (objective: Objective) => {
  const { metadata, spec } = objective;
  const { timeSlices } = spec;
  return {
    apiVersion: openSloVersion,
    kind: 'SLO',
    metadata: { name: metadata.name, labels: { namespace: metadata.namespace } },
    spec: {
      ...(spec.description !== undefined && { description: spec.description }),
      service: spec.subject.service,
      indicator: { metadata: { name: metadata.name }, spec: { ratioMetric: sliMetric(objective) } },
      timeWindow: [timeWindow(spec.period)],
      budgetingMethod: timeSlices ? 'Timeslices' : 'Occurrences',
      objectives: [
        {
          targetPercent: spec.target,
          ...(timeSlices && { timeSliceTarget: timeSlices.target / 100, timeSliceWindow: durationOf(timeSlices.length) }),
        },
      ],
      alertPolicies: (spec.burnRates ?? workbookBurnRates).map(alertPolicy(metadata.name)),
    },
  };
};
