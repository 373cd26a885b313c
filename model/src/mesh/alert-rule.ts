/** AlertRules: what somebody is to be told about, of any signal of the mesh. */
import { isQualifiedName } from '../metadata.ts';
import { doubtful, type Problem, wrong } from '../problem.ts';
import { childPath } from '../yaml/json.ts';
import type { ObjectiveCaller } from './objective.ts';
import { parseThreshold } from './objective.ts';
import { parsePeriod } from './period.ts';

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
  readonly certificateExpiry?: { readonly within: string };
  readonly proxyOutOfStep?: Nothing;
  /** Growth in a second. */
  readonly counter?: MetricSignal;
  /** The last value that was seen. */
  readonly gauge?: MetricSignal;
}

export interface AlertRuleSpec {
  readonly summary?: string;
  readonly severity?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Absent: every service of the namespace by itself; in the root namespace of the mesh. */
  readonly subject?: { readonly service?: string; readonly caller?: ObjectiveCaller };
  readonly signal: AlertSignal;
  /** What is looked back at; 5m unless told. */
  readonly window?: string;
  /** How long it holds before it is an alert; at once unless told. */
  readonly for?: string;
}

const invalid = (path: string, message: string, help: string): Problem => wrong('WEFT0027', path, [message, help]);

export const noTime = (path: string, text: string): Problem =>
  invalid(path, `\`${text.slice(0, 40)}\` is no time`, 'Write a number with a unit: 30s, 5m, 6h.');

/** Signals that are no measurements of a service's requests. */
const withoutSubject = ['certificateExpiry', 'proxyOutOfStep', 'counter', 'gauge'] as const;
/** They say how things stand now. */
const withoutWindow = ['certificateExpiry', 'proxyOutOfStep'] as const;

function* checkBound({ above, below }: Bound, path: string): Iterable<Problem> {
  if ((above === undefined) === (below === undefined))
    yield invalid(path, 'a bound is one of `above` and `below`', 'Write one of them; two rules for both.');
}

function* checkSignal(signal: AlertSignal): Iterable<Problem> {
  const path = 'spec.signal';
  const { errors, latency, traffic, certificateExpiry } = signal;
  if (Object.keys(signal).length !== 1)
    yield invalid(path, 'a rule is about exactly one signal', 'Write one; a rule of its own for each other.');
  if (errors) yield* checkBound(errors, `${path}.errors`);
  if (errors?.above !== undefined && errors.above >= 100)
    yield doubtful('WEFT0028', `${path}.errors.above`, ['this never fires: no more than 100 % fail', 'Write a smaller share.']);
  if (traffic) yield* checkBound(traffic, `${path}.traffic`);
  if (latency && parseThreshold(latency.above) === undefined)
    yield invalid(`${path}.latency.above`, `\`${latency.above.slice(0, 40)}\` is no time`, 'Write 300ms or 1.5s.');
  if (latency && !(latency.percentile > 0 && latency.percentile < 100))
    yield invalid(`${path}.latency.percentile`, `${latency.percentile} is no percentile`, 'Write 99, for example.');
  if (certificateExpiry && parsePeriod(certificateExpiry.within) === undefined)
    yield noTime(`${path}.certificateExpiry.within`, certificateExpiry.within);
  for (const kind of ['counter', 'gauge'] as const) {
    const metric = signal[kind];
    if (!metric) continue;
    yield* checkBound(metric, `${path}.${kind}`);
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric.name))
      yield invalid(`${path}.${kind}.name`, `\`${metric.name.slice(0, 80)}\` is no metric`, 'Write its name as Prometheus has it.');
  }
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
  for (const kind of withoutSubject)
    if (spec.subject && spec.signal[kind])
      yield doubtful('WEFT0028', 'spec.subject', [`\`${kind}\` is no measurement of a service: \`subject\` says nothing`, 'Remove it.']);
  for (const kind of withoutWindow)
    if (spec.window !== undefined && spec.signal[kind])
      yield doubtful('WEFT0028', 'spec.window', [`\`${kind}\` says how things stand now: \`window\` says nothing`, 'Remove it.']);
  for (const name of Object.keys(spec.labels ?? {})) {
    if (!isQualifiedName(name) || /[^a-zA-Z0-9_]/.test(name) || name === 'alertname')
      yield invalid(childPath('spec.labels', name), `\`${name.slice(0, 80)}\` is no label of an alert`, 'Use letters, digits and `_`.');
  }
}
