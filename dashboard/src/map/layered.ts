/**
 * A layered drawing (Sugiyama, Tagawa, Toda 1981): who calls stands left of who is called, in an order in which few lines cross.
 * Its own instead of elk's: edges here are curves that need no room, and 1,000 nodes take milliseconds where elk takes many seconds.
 */
export interface Item {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

export type Link = readonly [from: string, to: string];

export interface Gaps {
  readonly x: number;
  readonly y: number;
}

export interface Laid {
  /** Middles, from the upper left corner. */
  readonly places: ReadonlyMap<string, { readonly x: number; readonly y: number }>;
  readonly width: number;
  readonly height: number;
}

type Neighbours = ReadonlyMap<string, readonly string[]>;

const neighboursOf = (links: readonly Link[], from: 0 | 1): Neighbours =>
  new Map([...Map.groupBy(links, (link) => link[from])].map(([id, own]) => [id, own.map((link) => link[1 - from] as string)]));

/** Links that close a circle are turned round: the others then have one direction. */
const acyclic = (items: readonly Item[], links: readonly Link[]): readonly Link[] => {
  const next = neighboursOf(links, 0);
  const called = new Set(links.map(([, to]) => to));
  const state = new Map<string, 'open' | 'done'>();
  const back = new Set<string>();
  const roots = [...items.filter(({ id }) => !called.has(id)), ...items];
  for (const { id } of roots) {
    if (state.has(id)) continue;
    const stack = [{ id, at: 0 }];
    state.set(id, 'open');
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const to = next.get(top.id)?.[top.at];
      top.at += 1;
      if (to === undefined) {
        state.set(top.id, 'done');
        stack.pop();
      } else if (state.get(to) === 'open') back.add(`${top.id} ${to}`);
      else if (!state.has(to)) {
        state.set(to, 'open');
        stack.push({ id: to, at: 0 });
      }
    }
  }
  return links.map((link) => (back.has(link.join(' ')) ? [link[1], link[0]] : link));
};

/** The longest way to each from where nobody calls. */
const ranksOf = (items: readonly Item[], links: readonly Link[]): ReadonlyMap<string, number> => {
  const next = neighboursOf(links, 0);
  const waiting = new Map(items.map(({ id }) => [id, 0]));
  for (const [, to] of links) waiting.set(to, (waiting.get(to) ?? 0) + 1);
  const ranks = new Map(items.map(({ id }) => [id, 0]));
  const ready = items.filter(({ id }) => waiting.get(id) === 0).map(({ id }) => id);
  for (const id of ready)
    for (const to of next.get(id) ?? []) {
      ranks.set(to, Math.max(ranks.get(to) ?? 0, (ranks.get(id) ?? 0) + 1));
      const left = (waiting.get(to) ?? 0) - 1;
      waiting.set(to, left);
      if (left === 0) ready.push(to);
    }
  return ranks;
};

/** A column that is much higher than the drawing is wide is cut into several; of long chains neighbouring ranks share one. */
const columnsOf = (items: readonly Item[], ranks: ReadonlyMap<string, number>): Item[][] => {
  const area = items.reduce((sum, { width, height }) => sum + width * height, 0);
  const highest = Math.max(3 * Math.max(...items.map(({ height }) => height)), Math.sqrt(area) * 1.4);
  const ranked = Math.max(...ranks.values()) + 1;
  const most = Math.max(6, Math.ceil(Math.sqrt(items.length * 2.5)));
  const columnAt = (rank: number): number => (ranked > most ? Math.floor((rank * most) / ranked) : rank);
  const byRank = [...Map.groupBy(items, ({ id }) => columnAt(ranks.get(id) ?? 0))].sort(([a], [b]) => a - b);
  return byRank.flatMap(([, members]) => {
    const height = members.reduce((sum, one) => sum + one.height, 0);
    const parts = Math.ceil(height / highest);
    const size = Math.ceil(members.length / parts);
    return Array.from({ length: parts }, (_, index) => members.slice(index * size, (index + 1) * size)).filter((part) => part.length > 0);
  });
};

const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;

/** As near to where they would be as their order and heights allow. */
const stack = (column: readonly Item[], wanted: ReadonlyMap<string, number>, gap: number): ReadonlyMap<string, number> => {
  const places = new Map<string, number>();
  let free = Number.NEGATIVE_INFINITY;
  for (const { id, height } of column) {
    const y = Math.max(wanted.get(id) ?? 0, free + height / 2);
    places.set(id, y);
    free = y + height / 2 + gap;
  }
  const shift = mean(column.map(({ id }) => (wanted.get(id) ?? 0) - (places.get(id) ?? 0))) ?? 0;
  return new Map([...places].map(([id, y]) => [id, y + shift]));
};

const sweeps = 12;

/** Each goes to the middle of those that it has to do with, again and again, from left to right and back. */
const heightsOf = (columns: Item[][], links: readonly Link[], gap: number): ReadonlyMap<string, number> => {
  const [before, after] = [neighboursOf(links, 1), neighboursOf(links, 0)];
  const y = new Map<string, number>();
  for (const column of columns) for (const [id, place] of stack(column, new Map(), gap)) y.set(id, place);
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    const [order, near, far] = sweep % 2 === 0 ? [columns, before, after] : [columns.toReversed(), after, before];
    for (const column of order) {
      const wanted = new Map(
        column.map(({ id }) => {
          const sides = [near.get(id) ?? [], sweep < sweeps - 4 ? [] : (far.get(id) ?? [])].flat();
          return [id, mean(sides.map((other) => y.get(other) ?? 0)) ?? y.get(id) ?? 0] as const;
        }),
      );
      column.sort((a, b) => (wanted.get(a.id) ?? 0) - (wanted.get(b.id) ?? 0));
      for (const [id, place] of stack(column, wanted, gap)) y.set(id, place);
    }
  }
  return y;
};

/** Those without links stand in rows below the others, as wide as they are. */
const rows = (items: readonly Item[], { x: gapX, y: gapY }: Gaps, width: number): Laid => {
  const places = new Map<string, { x: number; y: number }>();
  const area = items.reduce((sum, one) => sum + (one.width + gapX) * (one.height + gapY), 0);
  const wide = Math.max(width, Math.sqrt(area) * 1.4, ...items.map((item) => item.width));
  let [x, y, high, right] = [0, 0, 0, 0];
  for (const item of items) {
    if (x > 0 && x + item.width > wide) [x, y, high] = [0, y + high + gapY, 0];
    places.set(item.id, { x: x + item.width / 2, y: y + item.height / 2 });
    x += item.width + gapX;
    right = Math.max(right, x - gapX);
    high = Math.max(high, item.height);
  }
  return { places, width: right, height: y + high };
};

const linked = (items: readonly Item[], links: readonly Link[], gaps: Gaps): Laid => {
  const forward = acyclic(items, links);
  const columns = columnsOf(items, ranksOf(items, forward));
  const heights = heightsOf(columns, forward, gaps.y);
  const top = Math.min(...items.map(({ id, height }) => (heights.get(id) ?? 0) - height / 2));
  const bottom = Math.max(...items.map(({ id, height }) => (heights.get(id) ?? 0) + height / 2));
  const places = new Map<string, { x: number; y: number }>();
  let left = 0;
  for (const column of columns) {
    const width = Math.max(...column.map((item) => item.width));
    for (const { id } of column) places.set(id, { x: left + width / 2, y: (heights.get(id) ?? 0) - top });
    left += width + gaps.x;
  }
  return { places, width: Math.max(0, left - gaps.x), height: bottom - top };
};

export const layered = (items: readonly Item[], links: readonly Link[], gaps: Gaps): Laid => {
  const known = new Set(items.map(({ id }) => id));
  const inside = links.filter(([from, to]) => from !== to && known.has(from) && known.has(to));
  const unique = [...new Map(inside.map((link) => [link.join(' '), link])).values()];
  const ends = new Set(unique.flat());
  const [joined, lone] = [items.filter(({ id }) => ends.has(id)), items.filter(({ id }) => !ends.has(id))];
  if (joined.length === 0) return rows(lone, { x: gaps.y, y: gaps.y }, 0);
  const first = linked(joined, unique, gaps);
  if (lone.length === 0) return first;
  const second = rows(lone, { x: gaps.y, y: gaps.y }, first.width);
  const below = first.height + gaps.y * 1.5;
  return {
    places: new Map([...first.places, ...[...second.places].map(([id, { x, y }]) => [id, { x, y: y + below }] as const)]),
    width: Math.max(first.width, second.width),
    height: below + second.height,
  };
};
