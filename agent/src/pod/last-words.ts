/** What proxies that are gone had counted at their end, for a while: without it the last seconds of each would be in nobody's figures. */

/** A page of statistics. */
export interface Page {
  readonly body: Buffer;
  readonly type: string;
  /** When the process that counted it was started; Unix milliseconds. */
  readonly started: number;
}

interface Kept {
  readonly page: Page;
  readonly at: number;
}

/** Who counts looks every ten seconds; a mesh has many that end at once. */
const keptMs = 60_000;
const most = 256;

export class LastWords {
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();

  constructor(now: () => number) {
    this.#now = now;
  }

  keep({ namespace, name }: { readonly namespace: string; readonly name: string }, page: Page): void {
    this.#forget();
    this.#kept.set(`${namespace}/${name}`, { page, at: this.#now() });
  }

  find(namespace: string, name: string): Page | undefined {
    this.#forget();
    return this.#kept.get(`${namespace}/${name}`)?.page;
  }

  /** They are in the order of their ends. */
  #forget(): void {
    for (const [key, { at }] of this.#kept) {
      if (this.#now() - at <= keptMs && this.#kept.size < most) return;
      this.#kept.delete(key);
    }
  }
}
