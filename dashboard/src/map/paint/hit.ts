/** What is below a pointer, or beside a node in a direction. */
import type { Point } from '../layout.ts';
import { holds } from './camera.ts';
import { distanceTo } from './curve.ts';
import type { DrawnNode, Picture } from './picture.ts';

/** Pixels beside an edge that still are the edge. */
const reach = 8;

export const nodeAt = ({ nodes }: Picture, point: Point): string | undefined => nodes.findLast(({ rect }) => holds(rect, point))?.node.id;

export const edgeAt = ({ edges }: Picture, point: Point, zoom: number): string | undefined => {
  const within = reach / zoom;
  const near = edges.flatMap(({ edge, curve, bounds }) => {
    if (
      point.x < bounds.left - within ||
      point.x > bounds.right + within ||
      point.y < bounds.top - within ||
      point.y > bounds.bottom + within
    )
      return [];
    return [[edge.id, distanceTo(curve, point)] as const];
  });
  const nearest = near.reduce((best, one) => (one[1] < best[1] ? one : best), ['', Number.POSITIVE_INFINITY] as readonly [string, number]);
  return nearest[1] <= within ? nearest[0] : undefined;
};

export const directions = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
} as const;

export type Direction = keyof typeof directions;

const middle = ({ rect: { left, right, top, bottom } }: DrawnNode): Point => ({ x: (left + right) / 2, y: (top + bottom) / 2 });

/** In a direction the nearest node, rather one that an edge leads to. @returns `from` where there is none */
export const nodeBeside = ({ nodes, edges }: Picture, from: string | undefined, direction: Direction): string | undefined => {
  const start = nodes.find(({ node }) => node.id === from);
  if (!start)
    return nodes.reduce<DrawnNode | undefined>((best, one) => (!best || middle(one).x < middle(best).x ? one : best), undefined)?.node.id;
  const neighbours = new Set(edges.flatMap(({ edge }) => (edge.from === from ? [edge.to] : edge.to === from ? [edge.from] : [])));
  const [at, way] = [middle(start), directions[direction]];
  const costs = nodes.flatMap((one): readonly (readonly [string, number])[] => {
    const { x, y } = middle(one);
    const [dx, dy] = [x - at.x, y - at.y];
    const along = dx * way.x + dy * way.y;
    if (one === start || along <= 1) return [];
    const across = Math.abs(dx * way.y) + Math.abs(dy * way.x);
    return [[one.node.id, (along + across * 2) * (neighbours.has(one.node.id) ? 1 : 3)]];
  });
  return costs.reduce((best, one) => (one[1] < best[1] ? one : best), [from ?? '', Number.POSITIVE_INFINITY] as readonly [
    string,
    number,
  ])[0];
};
