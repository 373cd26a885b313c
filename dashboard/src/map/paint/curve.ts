/** The line of an edge: a curve from one node's side to another's. */
import type { Point, Size } from '../layout.ts';
import type { Rect } from './camera.ts';

/** Of a cubic Bézier curve: begin, two controls, end. */
export interface Curve {
  readonly a: Point;
  readonly b: Point;
  readonly c: Point;
  readonly d: Point;
}

export interface End {
  readonly at: Point;
  readonly size: Size;
}

/** Out of the top and back in. */
const loop = ({ at: { x, y }, size: { width, height } }: End): Curve => {
  const [top, out] = [y - height / 2, 46];
  return {
    a: { x: x + width / 4, y: top },
    b: { x: x + width / 4 + 24, y: top - out },
    c: { x: x - width / 4 - 24, y: top - out },
    d: { x: x - width / 4, y: top },
  };
};

/** @param lane of several between the same two nodes */
export const curveOf = (from: End, to: End, lane = 0): Curve => {
  if (from.at === to.at) return loop(from);
  const [dx, dy] = [to.at.x - from.at.x, to.at.y - from.at.y];
  const shift = lane * 9;
  if (Math.abs(dx) < (from.size.width + to.size.width) / 2 + 8) {
    const side = Math.sign(dy) || 1;
    const bend = Math.max(18, Math.abs(dy) / 3) * side;
    const a = { x: from.at.x + shift, y: from.at.y + (side * from.size.height) / 2 };
    const d = { x: to.at.x + shift, y: to.at.y - (side * to.size.height) / 2 };
    return { a, b: { x: a.x, y: a.y + bend }, c: { x: d.x, y: d.y - bend }, d };
  }
  const side = Math.sign(dx);
  const a = { x: from.at.x + (side * from.size.width) / 2, y: from.at.y + shift };
  const d = { x: to.at.x - (side * to.size.width) / 2, y: to.at.y + shift };
  const bend = Math.max(30, Math.abs(d.x - a.x) * 0.45) * side;
  return { a, b: { x: a.x + bend, y: a.y }, c: { x: d.x - bend, y: d.y }, d };
};

export const pointAt = ({ a, b, c, d }: Curve, t: number): Point => {
  const u = 1 - t;
  const [p, q, r, s] = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t];
  return { x: p * a.x + q * b.x + r * c.x + s * d.x, y: p * a.y + q * b.y + r * c.y + s * d.y };
};

export const lengthOf = ({ a, d }: Curve): number => Math.hypot(d.x - a.x, d.y - a.y);

/** Near enough for a pointer: of points along the curve. */
export const distanceTo = (curve: Curve, { x, y }: Point): number => {
  let nearest = Number.POSITIVE_INFINITY;
  for (let step = 0; step <= 24; step += 1) {
    const point = pointAt(curve, step / 24);
    nearest = Math.min(nearest, Math.hypot(point.x - x, point.y - y));
  }
  return nearest;
};

const between = (from: Point, to: Point, t: number): Point => ({ x: from.x + (to.x - from.x) * t, y: from.y + (to.y - from.y) * t });

/** Its part up to `t` (de Casteljau). */
const begun = ({ a, b, c, d }: Curve, t: number): Curve => {
  const [ab, bc, cd] = [between(a, b, t), between(b, c, t), between(c, d, t)];
  const [abc, bcd] = [between(ab, bc, t), between(bc, cd, t)];
  return { a, b: ab, c: abc, d: between(abc, bcd, t) };
};

const reversed = ({ a, b, c, d }: Curve): Curve => ({ a: d, b: c, c: b, d: a });

/** Its part from one share of the way to another. */
export const cutCurve = (curve: Curve, from: number, to: number): Curve => {
  const head = to === 1 ? curve : begun(curve, to);
  return from === 0 ? head : reversed(begun(reversed(head), 1 - from / to));
};

export interface SeenPart {
  readonly curve: Curve;
  /** Its end is seen, with the arrow. */
  readonly hasEnd: boolean;
}

const pieces = 24;

/** The part of it that may be seen: to stroke, and above all to dash, what lies far outside takes most of the time. @returns undefined: nothing */
export const seenPart = (curve: Curve, seen: Rect): SeenPart | undefined => {
  let [first, last] = [-1, -1];
  let before = curve.a;
  for (let index = 0; index < pieces; index += 1) {
    const point = pointAt(curve, (index + 1) / pieces);
    const isBeside = Math.max(before.x, point.x) < seen.left || Math.min(before.x, point.x) > seen.right;
    if (!isBeside && Math.max(before.y, point.y) >= seen.top && Math.min(before.y, point.y) <= seen.bottom) {
      if (first < 0) first = index;
      last = index;
    }
    before = point;
  }
  if (first < 0) return undefined;
  const to = (last + 1) / pieces;
  return { curve: cutCurve(curve, first / pieces, to), hasEnd: to === 1 };
};
