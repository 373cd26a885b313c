/** What users want measured that nobody measures otherwise: how full something is, and metrics that rules name. */
import { type NamedSaturation, ofKind, type Resource } from '@weft/model';

export interface Measured {
  readonly saturations: readonly NamedSaturation[];
  /** Metrics that workloads tell of themselves, and somebody asks for. */
  readonly metrics: readonly string[];
}

export const saturationsIn = (resources: readonly Resource[]): readonly NamedSaturation[] =>
  ofKind(resources, 'Saturation').map(({ metadata: { namespace, name }, spec }) => ({ ...spec, namespace, name }));

/** The mesh's own are kept in any case. */
const isOwn = (metric: string): boolean => /^(istio|weft)_/.test(metric);

export const measuredIn = (resources: readonly Resource[]): Measured => {
  const saturations = saturationsIn(resources);
  const ofRules = ofKind(resources, 'AlertRule').map(({ spec: { signal } }) => (signal.counter ?? signal.gauge)?.name);
  const ofSaturations = saturations.flatMap(({ used, limit }) => [used, limit]).flatMap(({ gauge, counter }) => [gauge, counter]);
  const named = [...ofRules, ...ofSaturations].filter((name) => name !== undefined && !isOwn(name));
  return { saturations, metrics: [...new Set(named as readonly string[])].sort() };
};
