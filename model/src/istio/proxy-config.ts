/** ProxyConfigs: how the proxies of some workloads are started. */
import type { Problem } from '../problem.ts';
import { checkLabelMap, ineffective, invalid } from '../rule.ts';
import { choosesCode, isArgument, isVariable } from './proxy-annotation.ts';

export interface ProxyConfigSpec {
  /** Absent: the namespace; in the root namespace the mesh. */
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  /** Worker threads; 0: one for each processor. */
  readonly concurrency?: number;
  readonly environmentVariables?: Readonly<Record<string, string>>;
  readonly image?: { readonly imageType?: string };
}

export function* checkVariables(variables: Readonly<Record<string, string>>, path: string): Iterable<Problem> {
  for (const [name, text] of Object.entries(variables)) {
    if (!isVariable(name))
      yield invalid(`${path}.${name}`, `\`${name.slice(0, 80)}\` is no name of a variable`, 'Use letters, digits and `_`.');
    else if (choosesCode(name))
      yield invalid(`${path}.${name}`, `\`${name.slice(0, 80)}\` would decide which code the proxy runs`, 'Remove it.');
    else if (!isArgument(text)) yield invalid(`${path}.${name}`, 'the value is too long, or has a NUL in it', 'Shorten it.');
  }
}

/** Istio's admission (`ValidateProxyConfig`) beyond the CRD's own rules. */
export function* checkProxyConfig(spec: ProxyConfigSpec): Iterable<Problem> {
  yield* checkLabelMap(spec.selector?.matchLabels, 'spec.selector.matchLabels', 'IST0106');
  if ((spec.concurrency ?? 0) < 0) yield invalid('spec.concurrency', 'fewer than no threads', 'Write 0 or more.');
  yield* checkVariables(spec.environmentVariables ?? {}, 'spec.environmentVariables');
  if (spec.image) yield ineffective('spec.image', '`image` has no effect: Envoy is not run from an image', 'Remove it.');
}
