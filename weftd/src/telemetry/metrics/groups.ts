/** Which series a question is about, and in which of its groups each is: by numbers, and as often as the same is asked found once. */
import type { Labels, Question } from '@weft/signals';
import type { LabelSets } from './label-sets.ts';
import type { Shard } from './shard.ts';

export interface Groups {
  /** Of a set of labels. */
  of(set: number): number;
  labels(group: number): Labels;
}

class GroupedBy implements Groups {
  readonly #sets: LabelSets;
  readonly #by: readonly string[];
  readonly #labels: Labels[] = [];
  readonly #byKey = new Map<string, number>();
  /** By the number of a set: its group and 1, or 0. */
  #known = new Int32Array(0);

  constructor(sets: LabelSets, by: readonly string[]) {
    this.#sets = sets;
    this.#by = by;
  }

  of(set: number): number {
    const known = this.#known[set] ?? 0;
    return known > 0 ? known - 1 : this.#learn(set);
  }

  labels(group: number): Labels {
    return this.#labels[group] ?? {};
  }

  #learn(set: number): number {
    const values = this.#by.map((label) => this.#sets.reader(label)(set));
    const key = values.join();
    let group = this.#byKey.get(key);
    if (group === undefined) {
      group = this.#labels.push(Object.fromEntries(this.#by.map((label, index) => [label, this.#sets.text(values[index] ?? 0)]))) - 1;
      this.#byKey.set(key, group);
    }
    if (set >= this.#known.length) {
      const larger = new Int32Array(Math.max(set + 1, this.#sets.size));
      larger.set(this.#known);
      this.#known = larger;
    }
    this.#known[set] = group + 1;
    return group;
  }
}

const mostRemembered = 16;

const remembered = new WeakMap<LabelSets, Map<string, GroupedBy>>();

export const groupsBy = (sets: LabelSets, by: readonly string[]): Groups => {
  const all = remembered.get(sets) ?? new Map<string, GroupedBy>();
  remembered.set(sets, all);
  const asked = by.join();
  const groups = all.get(asked) ?? new GroupedBy(sets, by);
  // The one that was not asked for longest is the first.
  all.delete(asked);
  all.set(asked, groups);
  for (const oldest of all.keys()) if (all.size > mostRemembered) all.delete(oldest);
  return groups;
};

/** Groups of what one question is about, numbered one after the other as they are found. */
export class WantedGroups {
  readonly #groups: Groups;
  readonly #conditions: readonly { readonly read: (set: number) => number; readonly let: ReadonlySet<number> }[];
  readonly #numbers = new Map<number, number>();
  /** By number: a set of labels that is in it. */
  readonly #sets: number[] = [];

  constructor(sets: LabelSets, { by = [], where = {} }: Pick<Question, 'by' | 'where'>) {
    this.#groups = groupsBy(sets, by);
    this.#conditions = Object.entries(where).map(([label, values]) => ({
      read: sets.reader(label),
      let: new Set(values.flatMap((value) => sets.number(value) ?? [])),
    }));
  }

  get size(): number {
    return this.#sets.length;
  }

  /** @returns by slot the group that it is in, or -1; undefined where nothing of the shard is asked for */
  slots({ sets }: Shard): Int32Array | undefined {
    const slots = new Int32Array(sets.length).fill(-1);
    let isAsked = false;
    for (const [slot, set] of sets.entries()) {
      if (!this.#isWanted(set)) continue;
      slots[slot] = this.#numberOf(set);
      isAsked = true;
    }
    return isAsked ? slots : undefined;
  }

  labels(group: number): Labels {
    return this.#groups.labels(this.#groups.of(this.set(group)));
  }

  /** One of the sets of labels that are in it: what it is grouped by is the same in all. */
  set(group: number): number {
    return this.#sets[group] ?? 0;
  }

  #isWanted(set: number): boolean {
    for (const one of this.#conditions) if (!one.let.has(one.read(set))) return false;
    return true;
  }

  #numberOf(set: number): number {
    const group = this.#groups.of(set);
    const known = this.#numbers.get(group);
    if (known !== undefined) return known;
    const number = this.#sets.push(set) - 1;
    this.#numbers.set(group, number);
    return number;
  }
}
