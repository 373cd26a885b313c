/**
 * What one objective counts, over its whole period: fine for as long back as its burn rates look, by the hour (or by its slices) before, which
 * is written down, since periods are longer than metrics are kept. After the first time only the newest is asked for.
 */
import { type Count, countsOf, forecastSpan, type Objective, type SignalsQuery, stepFor, windowOf } from '@weft/signals';
import type { Memory } from './memory.ts';

const minute = 60_000;
const hour = 60 * minute;

/** What was counted so lately is asked for again: looks at proxies come in late. */
const settling = 2 * minute;
/** Older measurements are kept in longer steps: asked together, the newest would come in those too. */
const ages = [24 * hour, 6 * hour, hour];

const floor = (time: number, step: number): number => time - (time % step);

const shortest = ({ burnRates }: Objective): number => Math.min(Infinity, ...burnRates.map(({ short }) => short));

/** Whose counts these are; an objective that counts something else begins anew. */
export const countsKey = ({ namespace, name, subject, indicator, slices }: Objective): string =>
  JSON.stringify([namespace, name, subject, indicator, slices?.length ?? hour]);

const summed = (counts: readonly Count[], step: number): readonly Count[] =>
  [...Map.groupBy(counts, ({ at }) => floor(at, step))].map(([at, members]) => ({
    at,
    good: members.reduce((sum, { good }) => sum + good, 0),
    total: members.reduce((sum, { total }) => sum + total, 0),
  }));

export interface CountingPowers {
  readonly query: SignalsQuery;
  readonly memory: Memory;
}

export class Counting {
  readonly #objective: Objective;
  readonly #powers: CountingPowers;
  readonly #key: string;
  readonly #step: number;
  readonly #coarse: number;
  #old: readonly Count[] | undefined;
  #fine: readonly Count[] = [];
  /** Up to when was asked. */
  #asked = 0;
  /** Up to when all is written down. */
  #kept = 0;

  constructor(objective: Objective, powers: CountingPowers) {
    this.#objective = objective;
    this.#powers = powers;
    this.#key = countsKey(objective);
    this.#step = stepFor({ window: shortest(objective), subject: objective.subject });
    this.#coarse = objective.slices?.length ?? hour;
  }

  /** In the order of time, until `now`, to when all is known. Rejects when it cannot be measured now. */
  async counts(now: number): Promise<readonly Count[]> {
    const { from } = windowOf(this.#objective.period, now);
    const longest = Math.max(forecastSpan(this.#objective), ...this.#objective.burnRates.map(({ long }) => long));
    const boundary = floor(now - longest, this.#coarse);
    this.#old ??= await this.#remembered(floor(from, this.#coarse), boundary);
    await this.#ask(Math.max(boundary, Math.min(this.#asked, now) - settling), now);
    this.#keep(floor(now - settling, this.#coarse));
    this.#age(boundary, floor(from, this.#coarse));
    return [...this.#old, ...this.#fine];
  }

  /** What was written down, and since then what is still there of it. */
  async #remembered(from: number, boundary: number): Promise<readonly Count[]> {
    const { query, memory } = this.#powers;
    const all = memory.counts(this.#key).filter(({ at }) => at >= from);
    const kept = all.filter(({ at }) => at < boundary);
    const since = (all.at(-1)?.at ?? from - this.#coarse) + this.#coarse;
    this.#kept = Math.max(since, boundary);
    if (since >= boundary) return kept;
    const found = await countsOf(this.#objective, query, { from: since, to: boundary, step: this.#coarse });
    const missing = summed(found, this.#coarse).filter(({ at }) => at >= since && at < boundary);
    memory.keepCounts(this.#key, missing);
    return [...kept, ...missing];
  }

  async #ask(since: number, now: number): Promise<void> {
    const from = floor(since, this.#step);
    // Starts of what is asked for together.
    const starts = [from, ...ages.map((age) => floor(now - age, this.#step)).filter((at) => at > from)];
    const found: Count[] = [];
    for (const [index, start] of starts.entries()) {
      const span = { from: start, to: starts[index + 1] ?? now, step: this.#step };
      const counts = await countsOf(this.#objective, this.#powers.query, span);
      // A longer step may begin before.
      found.push(...counts.filter(({ at }) => at >= (found.at(-1)?.at ?? -1) + 1 && at >= from));
    }
    this.#fine = [...this.#fine.filter(({ at }) => at < from), ...found];
    this.#asked = now;
  }

  /** Each step as soon as it is whole: a restart may find that its measurements are gone. */
  #keep(until: number): void {
    if (until <= this.#kept) return;
    const whole = this.#fine.filter(({ at }) => at >= this.#kept && at < until);
    this.#powers.memory.keepCounts(this.#key, summed(whole, this.#coarse));
    this.#kept = until;
  }

  #age(boundary: number, from: number): void {
    const aged = summed(
      this.#fine.filter(({ at }) => at < boundary),
      this.#coarse,
    );
    const old = (this.#old ?? []).filter(({ at }) => at >= from);
    if (aged.length > 0) {
      this.#powers.memory.forgetCounts(this.#key, from);
      this.#fine = this.#fine.filter(({ at }) => at >= boundary);
    }
    this.#old = [...old, ...aged];
  }
}
