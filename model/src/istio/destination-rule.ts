import { isDnsLabel } from '../metadata.ts';
import { doubtful, type Problem } from '../problem.ts';
import type { Metadata } from '../resource.ts';
import { checkExportTo, checkLabelMap, invalid } from '../rule.ts';
import { isIp, isWildcardHostname } from '../text/host.ts';
import { checkSubsetCount } from './limits.ts';
import { checkTrafficPolicy, type TrafficPolicySettings } from './traffic-policy.ts';

export interface SubsetSettings {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly trafficPolicy?: TrafficPolicySettings;
}

export interface DestinationRuleSpec {
  readonly host: string;
  readonly trafficPolicy?: TrafficPolicySettings;
  readonly subsets?: readonly SubsetSettings[];
  readonly exportTo?: readonly string[];
  readonly workloadSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
}

function* checkSelector({ workloadSelector, exportTo = [] }: DestinationRuleSpec, { namespace }: Metadata): Iterable<Problem> {
  if (!workloadSelector) return;
  const labels = Object.entries(workloadSelector.matchLabels ?? {});
  const at = 'spec.workloadSelector';
  if (labels.length === 0)
    yield doubtful('IST0133', at, ['a selector without labels: the rule is for every client', 'Add labels, or remove it.']);
  if (labels.some(([key, value]) => key === '' || `${key}${value}`.includes('*')))
    yield invalid(at, 'a label that is empty or has a `*`', 'Write whole labels.');
  if (exportTo.some((to) => to !== '.' && to !== namespace))
    yield invalid('spec.exportTo', 'a rule for particular workloads is private to its namespace', 'Write `.`, or leave it out.');
}

/** Istio's admission (`ValidateDestinationRule`), and what has no effect yet. */
export function* checkDestinationRule(spec: DestinationRuleSpec, metadata: Metadata): Iterable<Problem> {
  if (!isWildcardHostname(spec.host) && !isIp(spec.host))
    yield invalid('spec.host', `\`${spec.host.slice(0, 80)}\` is no host name`, 'Write a name, or `*.` and a domain.');
  yield* checkTrafficPolicy(spec.trafficPolicy, 'spec.trafficPolicy');
  yield* checkSubsetCount(spec);
  const seen = new Set<string>();
  for (const [index, subset] of (spec.subsets ?? []).entries()) {
    const at = `spec.subsets[${index}]`;
    if (!isDnsLabel(subset.name))
      yield invalid(`${at}.name`, `\`${subset.name.slice(0, 80)}\` is no subset's name`, 'Use lower-case letters, digits and `-`.');
    if (seen.has(subset.name))
      yield invalid(`${at}.name`, `the subset \`${subset.name.slice(0, 80)}\` stands twice`, 'Rename or remove one.');
    seen.add(subset.name);
    yield* checkLabelMap(subset.labels, `${at}.labels`, 'IST0106');
    if (Object.keys(subset.labels ?? {}).length === 0)
      yield doubtful('IST0133', at, ['a subset without labels is the whole service', 'Add the labels that its workloads have.']);
    yield* checkTrafficPolicy(subset.trafficPolicy, `${at}.trafficPolicy`);
  }
  yield* checkExportTo(spec.exportTo, 'spec.exportTo', { nobody: false });
  yield* checkSelector(spec, metadata);
}
