/** Series as proxies call them → Istio's labels. Pods of a workload say the same of themselves, and most metrics have the same labels: found once. */
import { type Constants, constantsOf, istioLabels, labelsIn, type PageSeries, standardLabels, type WorkloadLabels } from '@weft/signals';
import type { LabelSets } from './label-sets.ts';

/** By the number of the labels' text: the set, or null where the text is none. */
type Found = Map<number, number | null>;

export interface Namer {
  /** @param text the number of the series' labels. @returns undefined where they cannot be read */
  set(series: PageSeries, text: number): number | undefined;
}

export class Names {
  readonly #sets: LabelSets;
  readonly #found = new Map<string, Map<readonly string[], Found>>();

  constructor(sets: LabelSets) {
    this.#sets = sets;
  }

  of(own: WorkloadLabels): Namer {
    const key = JSON.stringify(own);
    const byLabels = this.#found.get(key) ?? new Map<readonly string[], Found>();
    this.#found.set(key, byLabels);
    const constants = constantsOf(own);
    return { set: (series, text) => this.#set(byLabels, series, { text, constants }) ?? undefined };
  }

  /** Whoever is new is new with all its series at once: what is remembered for longer would only take room. */
  forget(): void {
    this.#found.clear();
  }

  #set(
    byLabels: Map<readonly string[], Found>,
    { metric, labels }: PageSeries,
    { text, constants }: { readonly text: number; readonly constants: Constants },
  ): number | null {
    const standard = standardLabels.get(metric.replace(/_total$/, '')) ?? [];
    const found: Found = byLabels.get(standard) ?? new Map();
    byLabels.set(standard, found);
    const known = found.get(text);
    if (known !== undefined) return known;
    const written = labelsIn(labels);
    const set = written ? this.#sets.of(istioLabels(metric, written, constants)) : null;
    found.set(text, set);
    return set;
  }
}
