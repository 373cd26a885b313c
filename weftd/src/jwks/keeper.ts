/** Has the keys of all sources that RequestAuthentications name: asks for them, again and again, and keeps the last good ones. */
import { type KeySource, keySourceName } from '@weft/compile';
import type { KeptKeys } from '../store/keys.ts';
import { failed, fetched, type KeyState, known } from './state.ts';

export interface KeeperPowers {
  /** @returns the checked keys; rejects with the reason */
  readonly fetch: (source: KeySource, allowed: readonly string[]) => Promise<string>;
  readonly now: () => number;
  readonly kept: KeptKeys;
  /** Keys are others than before. */
  readonly onChange: () => void;
  readonly warn: (fields: object, message: string) => void;
}

export interface Wanted {
  readonly sources: readonly KeySource[];
  /** Networks inside that may be asked. */
  readonly networks: readonly string[];
}

/** More would be a flood that somebody's manifests let loose. */
const atOnce = 4;
/** `setTimeout` takes no longer times. */
const longestSleep = 24 * 3600 * 1000;

export class KeyKeeper {
  readonly #powers: KeeperPowers;
  readonly #states = new Map<string, KeyState>();
  readonly #asking = new Set<string>();
  #sources = new Map<string, KeySource>();
  #networks: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #keys: ReadonlyMap<string, string> = new Map();
  #stopped = false;

  constructor(powers: KeeperPowers) {
    this.#powers = powers;
  }

  /** The same map while the keys are the same. */
  keys = (): ReadonlyMap<string, string> => this.#keys;

  /** Why the keys of a source could not be had the last time; absent: they could. */
  fault = (source: KeySource): { readonly why: string; readonly hasKeys: boolean } | undefined => {
    const state = this.#states.get(keySourceName(source));
    return state?.fault === undefined ? undefined : { why: state.fault, hasKeys: state.keys !== undefined };
  };

  want({ sources, networks }: Wanted): void {
    const byName = new Map(sources.map((source) => [keySourceName(source), source]));
    const isMoved = networks.join() !== this.#networks.join();
    for (const name of this.#states.keys()) if (!byName.has(name)) this.#forget(name);
    for (const name of byName.keys()) {
      const state = this.#states.get(name);
      if (!state) this.#states.set(name, known(this.#powers.kept.at(name)));
      // What was refused may be allowed now, and the other way round.
      else if (isMoved) this.#states.set(name, { ...state, nextAt: 0 });
    }
    this.#sources = byName;
    this.#networks = networks;
    this.#collect();
    this.#ask();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #forget(name: string): void {
    this.#states.delete(name);
    this.#remember(() => this.#powers.kept.forget(name));
  }

  /** Starts what is due, and sleeps until the next is. */
  #ask(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const now = this.#powers.now();
    const waiting = [...this.#sources].filter(([name]) => !this.#asking.has(name)).map(([name]) => name);
    const due = waiting.filter((name) => this.#nextAt(name) <= now).slice(0, atOnce - this.#asking.size);
    for (const name of due) void this.#askOne(name);
    const rest = waiting.filter((name) => !due.includes(name)).map((name) => this.#nextAt(name));
    // With all hands full, whoever comes back looks again.
    if (rest.length === 0 || this.#asking.size >= atOnce) return;
    const wait = Math.min(Math.max(Math.min(...rest) - now, 0), longestSleep);
    this.#timer = setTimeout(() => this.#ask(), wait);
    this.#timer.unref();
  }

  #nextAt(name: string): number {
    return this.#states.get(name)?.nextAt ?? 0;
  }

  async #askOne(name: string): Promise<void> {
    const source = this.#sources.get(name);
    if (!source) return;
    this.#asking.add(name);
    const networks = this.#networks;
    const outcome = await this.#powers.fetch(source, networks).then(
      (keys) => ({ keys }),
      (error: unknown) => ({ fault: error instanceof Error ? error.message : String(error) }),
    );
    this.#asking.delete(name);
    if (this.#stopped) return;
    // What was fetched under other settings does not count.
    if (networks === this.#networks || networks.join() === this.#networks.join()) this.#take(name, outcome);
    this.#ask();
  }

  #take(name: string, outcome: { readonly keys: string } | { readonly fault: string }): void {
    const before = this.#states.get(name);
    if (!before) return;
    const now = this.#powers.now();
    const after = 'keys' in outcome ? fetched(outcome.keys, now) : failed(before, outcome.fault, now);
    this.#states.set(name, after);
    this.#remember(() => {
      if ('keys' in outcome) this.#powers.kept.keep(name, { keys: outcome.keys, fetchedAt: now });
      else if (after.keys === undefined) this.#powers.kept.forget(name);
    });
    if (after.fault !== undefined && after.fault !== before.fault)
      this.#powers.warn({ source: name, err: after.fault }, 'the keys of an issuer cannot be fetched');
    this.#collect();
    if (after.keys !== before.keys) this.#powers.onChange();
  }

  /** What a full disk does not take is in force all the same, until the next start. */
  #remember(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#powers.warn({ err: String(error) }, 'keys of issuers could not be written down');
    }
  }

  #collect(): void {
    const all = [...this.#states].flatMap(([name, { keys }]) => (keys === undefined ? [] : [[name, keys] as const]));
    const isSame = all.length === this.#keys.size && all.every(([name, keys]) => this.#keys.get(name) === keys);
    if (!isSame) this.#keys = new Map(all);
  }
}
