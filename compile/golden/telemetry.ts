/** What proxies tell of their traffic, in a form that can be read: in Envoy's own it is a hundred lines for every filter chain. */
import type { JsonObject, JsonValue } from '@weft/envoy';

const stats = 'envoy.access_loggers.stats';
const file = 'envoy.access_loggers.file';

/** Other logs are shown: the denials of policies, whatever a case is about. */
export const isTold = (log: JsonValue): boolean => [stats, file].includes(String((log as JsonObject).name));

/** What else a connection manager has for it. */
export const isTelling = (key: string, value: JsonValue): boolean =>
  key === 'tracing' || key === 'access_log_options' || (value as JsonObject)?.name === 'envoy.filters.http.grpc_stats';

interface Stat {
  readonly stat: { readonly name: string; readonly tags: readonly { readonly name: string; readonly value_format: string }[] };
  readonly value_fixed?: string;
  readonly value_format?: string;
  readonly unit?: string;
}

const measured = ({ stat, value_fixed: fixed, value_format: format, unit }: Stat): string =>
  `${stat.name} ${fixed ?? format}${unit ? ` ${unit}` : ''}`;

/** Statistics with the same tags together. */
const countedBy = (all: readonly Stat[]): readonly JsonObject[] =>
  [...Map.groupBy(all, ({ stat }) => JSON.stringify(stat.tags))].map(([tags, stats]) => ({
    counts: stats.map(measured),
    by: Object.fromEntries((JSON.parse(tags) as Stat['stat']['tags']).map(({ name, value_format: format }) => [name, format])),
  }));

const conditionOf = (filter: JsonObject): JsonValue => {
  const { log_type_filter: types, header_filter: header, ...others } = filter;
  if (types) return ((types as JsonObject).types as JsonValue[]).join(', ');
  return header ?? others;
};

const inShort = (log: JsonObject): JsonObject => {
  const { name, filter, typed_config: config } = log as unknown as { name: string; filter?: JsonObject; typed_config: Record<string, JsonValue> };
  const when: JsonObject = filter ? { when: conditionOf(filter) } : {};
  if (name === file) return { ...when, writes: config.path ?? '', line: (config.log_format as JsonObject).json_format ?? {} };
  const { counters = [], histograms = [] } = config as unknown as { counters?: readonly Stat[]; histograms?: readonly Stat[] };
  const all = [...counters, ...histograms];
  return { ...when, statistics: countedBy(all) as JsonValue[], limits: config.stats_scope ?? {} };
};

const once = (value: JsonObject, known: Map<string, JsonObject>): JsonObject => {
  const text = JSON.stringify(value);
  const first = known.get(text) ?? value;
  known.set(text, first);
  return first;
};

/** @param known what is said again is the same object, so that YAML can refer to it */
export const withTelemetryInShort = (value: JsonValue, known: Map<string, JsonObject>): JsonValue => {
  if (Array.isArray(value)) return value.map((item) => withTelemetryInShort(item, known));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, child]): [string, JsonValue] => {
    if (key !== 'access_log' || !Array.isArray(child)) return [key, withTelemetryInShort(child, known)];
    return [key, child.map((log) => (isTold(log) ? once(inShort(log as JsonObject), known) : log))];
  });
  return Object.fromEntries(entries);
};
