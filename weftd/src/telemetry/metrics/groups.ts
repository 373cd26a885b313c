/** Which series a question is about, and in which of its groups each is: by numbers, and as often as the same is asked found once. */
import type { Labels, Where } from '@weft/signals';
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

/** @returns by slot the group that it is in, or -1; undefined where nothing of the shard is asked for */
export const wantedSlots = (sets: LabelSets, where: Where = {}, groups: Groups): ((shard: Shard) => Int32Array | undefined) => {
  const conditions = Object.entries(where).map(([label, values]) => ({
    read: sets.reader(label),
    let: new Set(values.flatMap((value) => sets.number(value) ?? [])),
  }));
  const isWanted = (set: number): boolean => conditions.every((one) => one.let.has(one.read(set)));
  return (shard) => {
    const wanted = Int32Array.from(shard.sets, (set) => (isWanted(set) ? groups.of(set) : -1));
    return wanted.some((group) => group >= 0) ? wanted : undefined;
  };
};
