/** What all rules and objectives say, each looked at as often as its windows ask for. */
import type { ObjectiveProgress, ObjectiveStatus } from '@weft/model';
import {
  type Book,
  budgetBurns,
  type Count,
  judgements,
  type Objective,
  type Observation,
  objectiveProgress,
  objectiveStatus,
  type Sight,
  type SignalsQuery,
  settled,
  type Watch,
} from '@weft/signals';
import { reasonOf } from '../reason.ts';
import { Counting, countsKey } from './counting.ts';
import type { Memory } from './memory.ts';
import type { ProgressQuestion } from './messages.ts';
import type { AlertPlan } from './plan.ts';

/** Ten times in a window, at most once a minute; not more often than something new is counted. */
const pauseOf = (window: number): number => Math.min(window / 10, 60_000);

const objectivePause = ({ burnRates }: Objective): number => pauseOf(Math.min(...burnRates.map(({ short }) => short), 600_000));

interface Judged {
  readonly at: number;
  readonly observations: readonly Observation[];
}

export interface EvaluationPowers {
  readonly query: SignalsQuery;
  readonly memory: Memory;
}

export interface Scene {
  readonly plan: AlertPlan;
  readonly sight: Sight;
  readonly book: Book;
  readonly now: number;
}

export class Evaluation {
  readonly #powers: EvaluationPowers;
  readonly #judged = new Map<string, Judged>();
  readonly #counting = new Map<string, Counting>();
  readonly #statuses = new Map<string, ObjectiveStatus>();
  readonly #counts = new Map<string, readonly Count[]>();
  /** What each is, as text, by its name. */
  #adopted: ReadonlyMap<string, string> = new Map();

  constructor(powers: EvaluationPowers) {
    this.#powers = powers;
  }

  /** What is still the same goes on; what is not asked for any more is forgotten. */
  adopt({ objectives, watches }: AlertPlan): void {
    const wanted = new Map([
      ...watches.map((watch) => [watch.rule.name, JSON.stringify(watch)] as const),
      ...objectives.map((objective) => [countsKey(objective), JSON.stringify(objective)] as const),
    ]);
    for (const [name, text] of this.#adopted) {
      if (wanted.get(name) === text) continue;
      for (const known of [this.#judged, this.#counting, this.#statuses, this.#counts]) known.delete(name);
    }
    for (const objective of objectives) {
      const key = countsKey(objective);
      if (!this.#counting.has(key)) this.#counting.set(key, new Counting(objective, this.#powers));
    }
    this.#adopted = wanted;
    this.#powers.memory.keepOnly(objectives.map(countsKey));
  }

  objectives({ objectives }: AlertPlan): readonly ObjectiveStatus[] {
    return objectives.flatMap((objective) => this.#statuses.get(countsKey(objective)) ?? []);
  }

  /** @returns undefined where there is no such objective */
  progress({ objectives }: AlertPlan, { namespace, name, ...span }: ProgressQuestion, now: number): ObjectiveProgress | undefined {
    const found = objectives.find((one) => one.namespace === namespace && one.name === name);
    return found && objectiveProgress(found, this.#counts.get(countsKey(found)) ?? [], { ...span, now: settled(now) });
  }

  async observations(scene: Scene): Promise<readonly Observation[]> {
    const all: Observation[] = [];
    for (const watch of scene.plan.watches) all.push(...(await this.#watched(watch, scene)));
    for (const objective of scene.plan.objectives) all.push(...(await this.#measured(objective, scene)));
    return all;
  }

  async #watched(watch: Watch, { sight, book, now }: Scene): Promise<readonly Observation[]> {
    const { name } = watch.rule;
    return this.#at(name, { now, pause: pauseOf(watch.window) }, async () =>
      judgements(watch, { query: this.#powers.query, sight, now }).catch((error: unknown) => unjudged(book, [name], reasonOf(error))),
    );
  }

  async #measured(objective: Objective, { book, now: present }: Scene): Promise<readonly Observation[]> {
    const key = countsKey(objective);
    const now = settled(present);
    return this.#at(key, { now: present, pause: objectivePause(objective) }, async () => {
      try {
        const counts = (await this.#counting.get(key)?.counts(now)) ?? [];
        this.#counts.set(key, counts);
        this.#statuses.set(key, objectiveStatus(objective, counts, now));
        return budgetBurns(objective, counts, now);
      } catch (error) {
        const before = this.#statuses.get(key) ?? objectiveStatus(objective, [], now);
        this.#statuses.set(key, { ...before, fault: reasonOf(error) });
        const rules = budgetBurns(objective, [], now).map(({ rule }) => rule);
        return unjudged(book, rules, reasonOf(error));
      }
    });
  }

  async #at(
    name: string,
    { now, pause }: { readonly now: number; readonly pause: number },
    judge: () => Promise<readonly Observation[]>,
  ): Promise<readonly Observation[]> {
    const before = this.#judged.get(name);
    // A clock that was set back makes nobody wait until it is there again.
    if (before && now >= before.at && (now - before.at < pause || settled(now) === settled(before.at))) return before.observations;
    const observations = await judge();
    this.#judged.set(name, { at: now, observations });
    return observations;
  }
}

/** Of what could not be looked at nothing is known. */
const unjudged = ({ alerts }: Book, rules: readonly string[], reason: string): readonly Observation[] =>
  alerts
    .filter(({ rule, state }) => rules.includes(rule) && state.kind !== 'resolved')
    .map(({ rule, labels }) => ({ rule, labels, judgement: { holds: 'unknown', reason: `it could not be judged: ${reason}` } }));
