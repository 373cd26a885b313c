/** Telemetry: what proxies count, write down and trace, for the mesh, a namespace or workloads [S126, S127]. */
import { doubtful, type Problem } from '../problem.ts';
import { ineffective, invalid } from '../rule.ts';
import { readExpression } from '../text/expression.ts';
import { isHeaderName } from '../text/header.ts';
import { childPath } from '../yaml/json.ts';
import { type AuthorizationPolicySpec, checkTargets } from './authorization-policy.ts';

export type TelemetryMode = 'CLIENT_AND_SERVER' | 'CLIENT' | 'SERVER';

const telemetryMetrics = [
  ...(['REQUEST_COUNT', 'REQUEST_DURATION', 'REQUEST_SIZE', 'RESPONSE_SIZE', 'GRPC_REQUEST_MESSAGES', 'GRPC_RESPONSE_MESSAGES'] as const),
  ...(['TCP_OPENED_CONNECTIONS', 'TCP_CLOSED_CONNECTIONS', 'TCP_SENT_BYTES', 'TCP_RECEIVED_BYTES'] as const),
] as const;

export type TelemetryMetric = (typeof telemetryMetrics)[number];

interface ProviderRef {
  readonly name: string;
}

export interface TagOverride {
  readonly operation?: 'UPSERT' | 'REMOVE';
  /** An expression of CEL. */
  readonly value?: string;
}

export interface MetricsOverride {
  readonly match?: { readonly metric?: TelemetryMetric | 'ALL_METRICS'; readonly customMetric?: string; readonly mode?: TelemetryMode };
  readonly disabled?: boolean;
  readonly tagOverrides?: Readonly<Record<string, TagOverride>>;
}

export interface TelemetryMetricsSpec {
  readonly providers?: readonly ProviderRef[];
  readonly overrides?: readonly MetricsOverride[];
  readonly reportingInterval?: string;
}

export interface TelemetryLoggingSpec {
  readonly match?: { readonly mode?: TelemetryMode };
  readonly providers?: readonly ProviderRef[];
  readonly disabled?: boolean;
  /** An expression of CEL. */
  readonly filter?: { readonly expression?: string };
}

/** One of them. */
export interface SpanTag {
  readonly literal?: { readonly value: string };
  readonly environment?: { readonly name: string; readonly defaultValue?: string };
  readonly header?: { readonly name: string; readonly defaultValue?: string };
  readonly formatter?: { readonly value: string };
}

export interface TelemetryTracingSpec {
  readonly match?: { readonly mode?: TelemetryMode };
  readonly providers?: readonly ProviderRef[];
  readonly randomSamplingPercentage?: number;
  readonly disableSpanReporting?: boolean;
  readonly customTags?: Readonly<Record<string, SpanTag>>;
  readonly useRequestIdForTraceSampling?: boolean;
  readonly enableIstioTags?: boolean;
  readonly disableContextPropagation?: boolean;
}

/** Attached as an AuthorizationPolicy is. */
export interface TelemetrySpec extends Pick<AuthorizationPolicySpec, 'selector' | 'targetRef' | 'targetRefs'> {
  readonly metrics?: readonly TelemetryMetricsSpec[];
  readonly accessLogging?: readonly TelemetryLoggingSpec[];
  readonly tracing?: readonly TelemetryTracingSpec[];
}

function* checkProviders(providers: readonly ProviderRef[] | undefined, path: string): Iterable<Problem> {
  for (const [index, { name }] of (providers ?? []).entries())
    if (name === '') yield invalid(`${path}.providers[${index}].name`, 'a provider without name', 'Name one of `extensionProviders`.');
}

/** An expression that Envoy does not take is left out, and the rest holds. */
function* checkExpression(text: string, path: string, use: 'condition' | 'value'): Iterable<Problem> {
  const read = readExpression(text, use);
  if (typeof read === 'string') {
    yield { ...invalid(path, `Envoy cannot evaluate this: ${read}`, 'Write an expression of CEL over Envoy’s attributes.'), part: true };
    return;
  }
  const [first] = read.unknown;
  if (first === undefined) return;
  const help = 'Write `request`, `response`, `connection`, `source`, `destination` or `upstream`; peers’ labels are there without asking.';
  yield doubtful('IST0133', path, [`\`${first.slice(0, 40)}\` is no attribute of Envoy’s: the expression has no value`, help]);
}

/** Prometheus' labels; what stands before `__` is its own. */
const isLabelName = (name: string): boolean => /^[A-Za-z_]\w*$/.test(name) && !name.startsWith('__');

/** Words between proxies and the mesh, which a label of this name would change. */
const ownLabels = new Set(['le', 'reporter', 'mesh', 'changed', 'messages', 'namespace', 'pod']);

function* checkTag(name: string, { operation = 'UPSERT', value = '' }: TagOverride, path: string): Iterable<Problem> {
  const at = childPath(`${path}.tagOverrides`, name);
  if (!isLabelName(name))
    yield { ...invalid(at, `\`${name.slice(0, 80)}\` is no label’s name`, 'Use letters, digits and `_`.'), part: true };
  else if (ownLabels.has(name)) yield ineffective(at, `\`${name}\` cannot be changed`, 'Name another label.');
  else if (operation === 'REMOVE' && value !== '') yield invalid(`${at}.value`, 'a label that is removed has no value', 'Remove it.');
  else if (operation === 'UPSERT' && value === '') yield invalid(`${at}.value`, 'a label needs a value', 'Write an expression of CEL.');
  else if (operation === 'UPSERT') yield* checkExpression(value, `${at}.value`, 'value');
}

function* checkMetrics(metrics: TelemetryMetricsSpec, path: string): Iterable<Problem> {
  yield* checkProviders(metrics.providers, path);
  if (metrics.reportingInterval !== undefined)
    yield ineffective(
      `${path}.reportingInterval`,
      '`reportingInterval` has no effect: bytes of a connection are counted when it ends',
      'Remove it.',
    );
  for (const [index, { match, tagOverrides = {} }] of (metrics.overrides ?? []).entries()) {
    const at = `${path}.overrides[${index}]`;
    if (match?.customMetric !== undefined)
      yield ineffective(`${at}.match.customMetric`, 'there are no metrics but the standard ones', 'Name one in `metric`.');
    for (const [name, override] of Object.entries(tagOverrides)) yield* checkTag(name, override, at);
  }
}

function* checkLogging({ providers, disabled, filter }: TelemetryLoggingSpec, path: string): Iterable<Problem> {
  yield* checkProviders(providers, path);
  if (filter?.expression) yield* checkExpression(filter.expression, `${path}.filter.expression`, 'condition');
  if (filter && (providers ?? []).length === 0)
    yield ineffective(
      `${path}.filter`,
      'a filter counts only beside the providers that it is for',
      'Write `providers`, with `weft` for records.',
    );
  else if (filter && disabled) yield ineffective(`${path}.filter`, 'nothing is logged, whatever the filter says', 'Remove one of the two.');
}

function* checkSpanTag(name: string, tag: SpanTag, path: string): Iterable<Problem> {
  const at = childPath(`${path}.customTags`, name);
  const { literal, environment, header, formatter } = tag;
  if (name === '') yield invalid(at, 'a tag without name', 'Name it.');
  if (!literal && !environment && !header && !formatter)
    yield invalid(at, 'a tag without value', 'Write one of `literal`, `environment` and `header`.');
  if (header && !isHeaderName(header.name)) yield invalid(`${at}.header.name`, 'this is no header name', 'Use letters, digits and `-`.');
  if (formatter)
    yield ineffective(`${at}.formatter`, 'formats of Envoy have no effect on spans', 'Write `literal`, `environment` or `header`.');
}

function* checkTracing(tracing: TelemetryTracingSpec, path: string): Iterable<Problem> {
  yield* checkProviders(tracing.providers, path);
  if ((tracing.providers ?? []).length > 1)
    yield ineffective(`${path}.providers[1]`, 'spans go to one provider, the first', 'Remove the others.');
  for (const [name, tag] of Object.entries(tracing.customTags ?? {})) yield* checkSpanTag(name, tag, path);
}

export function* checkTelemetry(spec: TelemetrySpec): Iterable<Problem> {
  yield* checkTargets(spec);
  for (const [index, metrics] of (spec.metrics ?? []).entries()) yield* checkMetrics(metrics, `spec.metrics[${index}]`);
  for (const [index, logging] of (spec.accessLogging ?? []).entries()) yield* checkLogging(logging, `spec.accessLogging[${index}]`);
  for (const [index, tracing] of (spec.tracing ?? []).entries()) yield* checkTracing(tracing, `spec.tracing[${index}]`);
}
