/** Scrapes of many proxies as one. */
import type { Family, Labels } from './exposition.ts';

export interface Scrape {
  /** Of whom, as Prometheus would label it: `namespace`, `pod`. They win over labels of the same name. */
  readonly target: Labels;
  readonly families: readonly Family[];
}

/** Samples of one family stand together, whoever they are of; of several types the first one's counts. */
export const federated = (scrapes: readonly Scrape[]): readonly Family[] => {
  const families = new Map<string, Family>();
  for (const { target, families: own } of scrapes) {
    for (const family of own) {
      const samples = family.samples.map((sample) => ({ ...sample, labels: { ...sample.labels, ...target } }));
      const known = families.get(family.name);
      families.set(family.name, known ? { ...known, samples: [...known.samples, ...samples] } : { ...family, samples });
    }
  }
  return [...families.values()];
};
