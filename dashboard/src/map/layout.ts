/**
 * Where nodes are. What is there already keeps its place, and the few that come are put beside whom they talk with, so that a map
 * that updates stays the map that somebody looks at.
 */
import { type Item, type Link, layered } from './layered.ts';
import type { MapNode, Scene } from './scene.ts';

/** A node's middle. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export type Positions = ReadonlyMap<string, Point>;

export interface Size {
  readonly width: number;
  readonly height: number;
}

export const sizeOf = ({ kind }: Pick<MapNode, 'kind'>): Size =>
  kind === 'group' ? { width: 190, height: 58 } : { width: 174, height: 46 };

/** Room in a box around its nodes, with its name above them. */
export const boxPadding = { top: 38, side: 20 } as const;

const insideBox = { x: 96, y: 24 };
const betweenBoxes = { x: 110, y: 48 };

const boxId = (box: string): string => `box:${box}`;

/** Each open box by itself, then the boxes and what is in none. */
export const arranged = ({ nodes, edges, boxes }: Scene): Positions => {
  const open = new Set(boxes);
  const boxOf = (node: MapNode): string | undefined =>
    node.kind !== 'group' && node.box !== undefined && open.has(node.box) ? node.box : undefined;
  const outer = new Map(nodes.map((node) => [node.id, boxOf(node) === undefined ? node.id : boxId(boxOf(node) ?? '')]));
  const itemOf = (node: MapNode): Item => ({ id: node.id, ...sizeOf(node) });
  const links = edges.map(({ from, to }): Link => [from, to]);
  const { top, side } = boxPadding;
  const inner = [...Map.groupBy(nodes, boxOf)].flatMap(([box, members]) =>
    box === undefined ? [] : [{ id: boxId(box), laid: layered(members.map(itemOf), links, insideBox) }],
  );
  const items = [
    ...inner.map(({ id, laid }) => ({ id, width: laid.width + 2 * side, height: laid.height + top + side })),
    ...nodes.filter((node) => boxOf(node) === undefined).map(itemOf),
  ];
  const whole = layered(
    items,
    links.map(([from, to]): Link => [outer.get(from) ?? from, outer.get(to) ?? to]),
    betweenBoxes,
  );
  const sizes = new Map(items.map((item) => [item.id, item]));
  const within = inner.flatMap(({ id, laid }) => {
    const [middle, size] = [whole.places.get(id), sizes.get(id)];
    if (!middle || !size) return [];
    const corner = { x: middle.x - size.width / 2 + side, y: middle.y - size.height / 2 + top };
    return [...laid.places].map(([node, { x, y }]) => [node, { x: corner.x + x, y: corner.y + y }] as const);
  });
  return new Map([...[...whole.places].filter(([id]) => !id.startsWith('box:')), ...within]);
};

const step: Size = { width: 284, height: 72 };

const isFree = ({ x, y }: Point, taken: readonly Point[]): boolean =>
  taken.every((one) => Math.abs(one.x - x) >= step.width * 0.65 || Math.abs(one.y - y) >= step.height * 0.85);

/** The nearest free place below or above, then further right. */
const freeNear = ({ x, y }: Point, taken: readonly Point[]): Point => {
  for (let ring = 0; ; ring += 1)
    for (const [dx, dy] of [
      [0, ring],
      [0, -ring],
      [1, ring],
      [1, -ring],
    ] as const) {
      const place = { x: x + dx * step.width, y: y + dy * step.height };
      if (isFree(place, taken)) return place;
    }
};

/** Those that came are put beside whom they talk with, or beside one of their box. */
export const withNewcomers = (known: Positions, { nodes, edges }: Scene): Positions => {
  const places = new Map(nodes.flatMap(({ id }) => (known.has(id) ? [[id, known.get(id) as Point] as const] : [])));
  for (const { id, box } of nodes) {
    if (places.has(id)) continue;
    const caller = edges.find(({ from, to }) => to === id && places.has(from));
    const callee = edges.find(({ from, to }) => from === id && places.has(to));
    const mate = nodes.find((other) => other.box === box && places.has(other.id));
    const beside = (other: string | undefined, columns: number): Point | undefined => {
      const place = other === undefined ? undefined : places.get(other);
      return place && { x: place.x + columns * step.width, y: place.y };
    };
    const wanted = beside(caller?.from, 1) ?? beside(callee?.to, -1) ?? beside(mate?.id, 0) ?? { x: 0, y: 0 };
    places.set(id, freeNear(wanted, [...places.values()]));
  }
  return places;
};

/** Whether so many are new that another layout reads better than what was pinned. */
export const isOther = (known: Positions, { nodes }: Scene): boolean =>
  nodes.filter(({ id }) => !known.has(id)).length > Math.max(3, nodes.length * 0.3);
