/** AlertRules: what somebody is to be told about, of any signal of the mesh. */
import { isQualifiedName } from '../metadata.ts';
import { doubtful, type Problem, wrong } from '../problem.ts';
import { childPath } from '../yaml/json.ts';
import { latencyBounds, type ObjectiveCaller, parseThreshold, principalFault, shortestRouteWindow } from './objective.ts';
import { parsePeriod, periodText } from './period.ts';

/** Exactly one of the two. */
export interface Bound {
  readonly above?: number;
  readonly below?: number;
}

export interface MetricSignal extends Bound {
  /** As Prometheus calls it. */
  readonly name: string;
  /** Label → the values that count; a label that is missing is the empty text. */
  readonly where?: Readonly<Record<string, readonly string[]>>;
  /** One alert for each combination of these labels' values. */
  readonly by?: readonly string[];
}

type Nothing = Readonly<Record<string, never>>;

/** Exactly one. */
export interface AlertSignal {
  /** Percent of requests that fail. */
  readonly errors?: Bound;
  readonly latency?: { readonly percentile: number; readonly above: string };
  /** Requests in a second. */
  readonly traffic?: Bound;
  /** There was traffic all the time, and now there is none. */
  readonly noTraffic?: Nothing;
  /** Requests and connections that came without mutual TLS where it is not turned off. */
  readonly plaintext?: Nothing;
  /** Percent in use of what there is: connections and waiting requests of circuit breakers, and whatever objects of kind Saturation measure. */
  readonly saturation?: Bound;
  readonly certificateExpiry?: { readonly within: string };
  readonly proxyOutOfStep?: Nothing;
  /** Growth in a second. */
  readonly counter?: MetricSignal;
  /** The last value that was seen; of several the furthest out. */
  readonly gauge?: MetricSignal;
}

/** Each field narrows what is judged; `*` judges each route, workload or version by itself. */
export interface AlertSubject {
  readonly service?: string;
  /** Name of an HTTP route of the service's VirtualService. */
  readonly route?: string;
  readonly workload?: string;
  /** Label `version` of the workload that served. */
  readonly version?: string;
  readonly caller?: ObjectiveCaller;
}

export interface AlertRuleSpec {
  readonly summary?: string;
  readonly severity?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Absent: every service of the namespace by itself; in the root namespace of the mesh. */
  readonly subject?: AlertSubject;
  readonly signal: AlertSignal;
  /** What is looked back at; 5m unless told. */
  readonly window?: string;
  /** How long it holds before it is an alert; at once unless told. */
  readonly for?: string;
}

export const isMetricName = (text: string): boolean => /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(text);

const invalid = (path: string, message: string, help: string): Problem => wrong('WEFT0027', path, [message, help]);

export const noTime = (path: string, text: string): Problem =>
  invalid(path, `\`${text.slice(0, 40)}\` is no time`, 'Write a number with a unit: 30s, 5m, 6h.');

const ofRequests = ['service', 'route', 'workload', 'version', 'caller'] as const;

/** What of a subject each signal goes by. */
const heeded: Readonly<Record<keyof AlertSignal, readonly (keyof AlertSubject)[]>> = {
  errors: ofRequests,
  latency: ofRequests,
  traffic: ofRequests,
  noTraffic: ofRequests,
  plaintext: ['service', 'workload'],
  saturation: ['service', 'workload'],
  certificateExpiry: [],
  proxyOutOfStep: [],
  counter: [],
  gauge: [],
};

/** They say how things stand now. */
const withoutWindow = ['certificateExpiry', 'proxyOutOfStep'] as const;

function* checkBound({ above, below }: Bound, path: string): Iterable<Problem> {
  if ((above === undefined) === (below === undefined))
    yield invalid(path, 'a bound is one of `above` and `below`', 'Write one of them; two rules for both.');
}

const neverFires = (path: string, why: string, help: string): Problem => doubtful('WEFT0028', path, [`this never fires: ${why}`, help]);

function* checkShare(bound: Bound, path: string): Iterable<Problem> {
  yield* checkBound(bound, path);
  if (bound.above !== undefined && bound.above >= 100)
    yield neverFires(`${path}.above`, 'no more than 100 % can', 'Write a smaller share.');
}

function* checkLatency({ above, percentile }: NonNullable<AlertSignal['latency']>, path: string): Iterable<Problem> {
  const threshold = parseThreshold(above);
  const longest = latencyBounds.at(-1) ?? 0;
  if (threshold === undefined) yield invalid(`${path}.above`, `\`${above.slice(0, 40)}\` is no time`, 'Write 300ms or 1.5s.');
  else if (threshold >= longest) yield neverFires(`${path}.above`, 'proxies tell no times above an hour apart', 'Write a shorter time.');
  if (!(percentile > 0 && percentile < 100))
    yield invalid(`${path}.percentile`, `${percentile} is no percentile`, 'Write 99, for example.');
}

/** Workloads' certificates live a day, and are renewed after half of it. */
const renewedWithin = 12 * 3_600_000;

function* checkExpiry({ within }: NonNullable<AlertSignal['certificateExpiry']>, path: string): Iterable<Problem> {
  const length = parsePeriod(within);
  if (length === undefined) yield noTime(`${path}.within`, within);
  else if (length >= renewedWithin)
    yield doubtful('WEFT0028', `${path}.within`, [
      'workloads’ certificates live a day and are renewed after twelve hours: this fires all the time',
      'Write less than 12h.',
    ]);
}

function* checkMetric(metric: MetricSignal, path: string): Iterable<Problem> {
  yield* checkBound(metric, path);
  if (!isMetricName(metric.name))
    yield invalid(`${path}.name`, `\`${metric.name.slice(0, 80)}\` is no metric`, 'Write its name as Prometheus has it.');
}

function* checkSignal(signal: AlertSignal): Iterable<Problem> {
  const path = 'spec.signal';
  const { errors, saturation, latency, traffic, certificateExpiry, counter, gauge } = signal;
  if (Object.keys(signal).length !== 1)
    yield invalid(path, 'a rule is about exactly one signal', 'Write one; a rule of its own for each other.');
  if (errors) yield* checkShare(errors, `${path}.errors`);
  // What is refused for want of room is more than all of it.
  if (saturation) yield* checkBound(saturation, `${path}.saturation`);
  if (traffic) yield* checkBound(traffic, `${path}.traffic`);
  for (const kind of ['errors', 'saturation', 'traffic'] as const)
    if (signal[kind]?.below === 0) yield neverFires(`${path}.${kind}.below`, 'nothing is below 0', 'Write a larger number.');
  if (latency) yield* checkLatency(latency, `${path}.latency`);
  if (certificateExpiry) yield* checkExpiry(certificateExpiry, `${path}.certificateExpiry`);
  if (counter) yield* checkMetric(counter, `${path}.counter`);
  if (gauge) yield* checkMetric(gauge, `${path}.gauge`);
}

function* checkSubject({ subject, signal, window }: AlertRuleSpec): Iterable<Problem> {
  if (!subject) return;
  const path = 'spec.subject';
  const { service, route, workload, version, caller } = subject;
  for (const kind of Object.keys(signal) as (keyof AlertSignal)[]) {
    const words = heeded[kind].length === 0 ? 'is no measurement of a service' : `goes by ${heeded[kind].join(' and ')} alone`;
    const idle = (Object.keys(subject) as (keyof AlertSubject)[]).filter((field) => !heeded[kind].includes(field));
    if (heeded[kind].length === 0) yield doubtful('WEFT0028', path, [`\`${kind}\` ${words}: \`subject\` says nothing`, 'Remove it.']);
    else for (const field of idle) yield doubtful('WEFT0028', `${path}.${field}`, [`\`${kind}\` ${words}`, 'Remove it.']);
  }
  const fault = caller?.principal === undefined ? undefined : principalFault(caller.principal);
  if (fault) yield invalid(`${path}.caller.principal`, ...fault);
  if (route !== undefined && (workload ?? version) !== undefined)
    yield invalid(`${path}.route`, 'a route is its caller’s, and workloads do not know of it', 'Write a rule for each.');
  else if (route !== undefined && service === undefined)
    yield invalid(`${path}.route`, 'a route is one of a service', 'Write `service`, too.');
  if (version !== undefined && (service ?? workload) === undefined)
    yield invalid(`${path}.version`, 'a version is one of a service or workload', 'Write one of them, too.');
  if (route !== undefined && (parsePeriod(window ?? '') ?? shortestRouteWindow) < shortestRouteWindow)
    yield invalid('spec.window', 'routes are counted by the minute', `Write ${periodText(shortestRouteWindow)} or more.`);
}

export function* checkAlertRule(spec: AlertRuleSpec): Iterable<Problem> {
  yield* checkSignal(spec.signal);
  for (const field of ['window', 'for'] as const) {
    const text = spec[field];
    const length = text === undefined ? undefined : parsePeriod(text);
    if (text !== undefined && length === undefined) yield noTime(`spec.${field}`, text);
    else if (field === 'window' && length !== undefined && (length < 10_000 || length > 86_400_000))
      yield invalid('spec.window', 'a window from 10s to 1d', 'Write 5m, for example.');
  }
  yield* checkSubject(spec);
  for (const kind of withoutWindow)
    if (spec.window !== undefined && spec.signal[kind])
      yield doubtful('WEFT0028', 'spec.window', [`\`${kind}\` says how things stand now: \`window\` says nothing`, 'Remove it.']);
  for (const name of Object.keys(spec.labels ?? {})) {
    if (!isQualifiedName(name) || /[^a-zA-Z0-9_]/.test(name) || name === 'alertname')
      yield invalid(childPath('spec.labels', name), `\`${name.slice(0, 80)}\` is no label of an alert`, 'Use letters, digits and `_`.');
  }
}
