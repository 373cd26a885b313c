/** All that a picture of the map is drawn from, worked out once for each change of what it shows. */
import { type Point, type Positions, sizeOf } from '../layout.ts';
import { isPlain, type MapEdge, type MapNode, type Scene } from '../scene.ts';
import { boxRects, nodeRect, type Rect, touches } from './camera.ts';
import { type Curve, curveOf, type End, seenPart } from './curve.ts';

export interface DrawnNode {
  readonly node: MapNode;
  readonly rect: Rect;
  readonly title: string;
  readonly line: string;
  /** Named by the search; all are where nothing is searched. */
  readonly isFound: boolean;
}

export interface DrawnEdge {
  readonly edge: MapEdge;
  readonly curve: Curve;
  readonly bounds: Rect;
  readonly label: string;
  readonly isFound: boolean;
  readonly isPlain: boolean;
  /** Of several between the same two nodes. */
  readonly lane: number;
  /** Only a part of it is drawn, without its end. */
  readonly isCut?: boolean;
}

export interface Picture {
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
  readonly boxes: readonly { readonly name: string; readonly rect: Rect; readonly members: number }[];
}

export interface PictureInput {
  readonly scene: Scene;
  readonly positions: Positions;
  readonly titleOf: (node: MapNode) => string;
  readonly lineOf: (node: MapNode) => string;
  readonly labelOf: (edge: MapEdge) => string;
  readonly isNodeFound: (node: MapNode) => boolean;
  readonly isEdgeFound: (edge: MapEdge) => boolean;
}

/** A Bézier curve stays within its four points. */
const boundsOf = ({ a, b, c, d }: Curve): Rect => ({
  left: Math.min(a.x, b.x, c.x, d.x),
  right: Math.max(a.x, b.x, c.x, d.x),
  top: Math.min(a.y, b.y, c.y, d.y),
  bottom: Math.max(a.y, b.y, c.y, d.y),
});

/** Of several between two nodes, in either direction, each has its own lane: 0, 1, -1, 2, … */
const lanesOf = (edges: readonly MapEdge[]): ReadonlyMap<string, number> => {
  const byPair = Map.groupBy(edges, ({ from, to }) => (from < to ? `${from} ${to}` : `${to} ${from}`));
  const lane = (index: number, count: number): number => index - (count - 1) / 2;
  return new Map([...byPair.values()].flatMap((same) => same.map(({ id }, index) => [id, lane(index, same.length)] as const)));
};

export const pictureOf = (input: PictureInput): Picture => {
  const { scene, positions } = input;
  const nodes = scene.nodes.flatMap((node): readonly DrawnNode[] => {
    const rect = nodeRect(positions.get(node.id), sizeOf(node));
    return rect ? [{ node, rect, title: input.titleOf(node), line: input.lineOf(node), isFound: input.isNodeFound(node) }] : [];
  });
  const byId = new Map(nodes.map(({ node }) => [node.id, { at: positions.get(node.id) ?? { x: 0, y: 0 }, size: sizeOf(node) }]));
  const lanes = lanesOf(scene.edges);
  const edges = scene.edges.flatMap((edge): readonly DrawnEdge[] => {
    const [from, to] = [byId.get(edge.from), byId.get(edge.to)];
    if (!from || !to) return [];
    const lane = lanes.get(edge.id) ?? 0;
    const curve = curveOf(from, to, lane);
    const look = { label: input.labelOf(edge), isFound: input.isEdgeFound(edge), isPlain: isPlain(edge) };
    return [{ edge, curve, bounds: boundsOf(curve), lane, ...look }];
  });
  const boxes = [...boxRects(scene, positions)].map(([name, rect]) => ({ name, rect, members: scene.groups.get(name) ?? 0 }));
  return { nodes, edges, boxes };
};

const isWithin = (a: Rect, b: Rect): boolean => a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;

/** What of them may be seen. */
export const seenEdges = (edges: readonly DrawnEdge[], seen: Rect): readonly DrawnEdge[] =>
  edges.flatMap((drawn): readonly DrawnEdge[] => {
    if (isWithin(drawn.bounds, seen)) return [drawn];
    const part = touches(drawn.bounds, seen) ? seenPart(drawn.curve, seen) : undefined;
    return part ? [{ ...drawn, curve: part.curve, isCut: drawn.isCut === true || !part.hasEnd }] : [];
  });

const middleOf = ({ left, right, top, bottom }: Rect): Point => ({ x: (left + right) / 2, y: (top + bottom) / 2 });

/** A node somewhere else, with its edges: while it is dragged nothing else of the picture changes. */
export const movedIn = ({ nodes, edges }: Picture, id: string, to: Point): Picture => {
  const byId = new Map(nodes.map((drawn) => [drawn.node.id, drawn]));
  const drawn = byId.get(id);
  if (!drawn) return { nodes: [], edges: [], boxes: [] };
  const endOf = (one: string): End | undefined => {
    const known = byId.get(one);
    return known && { at: one === id ? to : middleOf(known.rect), size: sizeOf(known.node) };
  };
  const own = edges.filter(({ edge }) => edge.from === id || edge.to === id);
  const moved = own.flatMap((one): readonly DrawnEdge[] => {
    const [from, end] = [endOf(one.edge.from), one.edge.from === one.edge.to ? undefined : endOf(one.edge.to)];
    if (!from || (!end && one.edge.from !== one.edge.to)) return [];
    const curve = curveOf(from, end ?? from, one.lane);
    return [{ ...one, curve, bounds: boundsOf(curve) }];
  });
  const rect = nodeRect(to, sizeOf(drawn.node)) ?? drawn.rect;
  return { nodes: [{ ...drawn, rect }], edges: moved, boxes: [] };
};
