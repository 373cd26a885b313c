/** Scrapes of many proxies as one text. Each is written as it comes: samples of a thousand proxies are never in memory beside their text. */
import type { Family, Format, Labels } from './exposition.ts';
import { ending, headOf, linesOf } from './write.ts';

export interface Scrape {
  /** Of whom, as Prometheus would label it: `namespace`, `pod`. They win over labels of the same name. */
  readonly target: Labels;
  readonly families: readonly Family[];
}

/** Samples of one family stand together, whoever they are of; of several types the first one's counts. */
export class Federation {
  readonly #format: Format;
  readonly #texts = new Map<string, string[]>();

  constructor(format: Format) {
    this.#format = format;
  }

  add({ target, families }: Scrape): void {
    for (const family of families) {
      const own = { ...family, samples: family.samples.map((sample) => ({ ...sample, labels: { ...sample.labels, ...target } })) };
      const known = this.#texts.get(family.name);
      if (known) known.push(linesOf(own, this.#format));
      else this.#texts.set(family.name, [headOf(own, this.#format), linesOf(own, this.#format)]);
    }
  }

  /** In pieces: all of it may be longer than a string can be. */
  *text(): Iterable<string> {
    for (const texts of this.#texts.values()) yield* texts;
    yield ending(this.#format);
  }
}
