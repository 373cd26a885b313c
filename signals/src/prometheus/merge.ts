/** A proxy's metrics and its application's as one scrape, which Prometheus takes or refuses as a whole. */
import { type Exposition, type Family, type Fault, type Sample, seriesKey } from './exposition.ts';

/** What only proxies may say: an application that could would write the mesh's own figures. */
const reserved = /^(istio|weft|envoy)_/;

interface Merged {
  readonly families: readonly Family[];
  /** What of the application's was left out, and why. */
  readonly faults: readonly Fault[];
}

/** A series that stands twice would have Prometheus refuse all of them. */
const distinct = (samples: readonly Sample[], faults: Fault[]): readonly Sample[] => {
  const seen = new Set<string>();
  return samples.filter(({ name, labels }) => {
    const key = seriesKey(name, labels);
    if (seen.has(key)) faults.push({ message: `the application's \`${name}\` has one series twice; the first counts` });
    return seen.size < seen.add(key).size;
  });
};

export const merged = (proxy: readonly Family[], application: Exposition): Merged => {
  const faults: Fault[] = [...application.faults];
  const own = new Set(proxy.map(({ name }) => name));
  const added = application.families.flatMap((family): Family[] => {
    if (reserved.test(family.name) || own.has(family.name)) {
      faults.push({ message: `\`${family.name}\` is the proxy's to say; the application's is left out` });
      return [];
    }
    return [{ ...family, samples: distinct(family.samples, faults) }];
  });
  return { families: [...proxy, ...added], faults };
};
