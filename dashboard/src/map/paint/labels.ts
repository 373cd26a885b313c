/** Where labels of edges stand: along their line, where they cover no node and no other label. What finds no place is told when it is pointed at. */
import type { Point } from '../layout.ts';
import { type Rect, touches } from './camera.ts';
import { pointAt } from './curve.ts';
import type { DrawnEdge, Picture } from './picture.ts';

export interface PlacedLabel {
  readonly drawn: DrawnEdge;
  /** Its middle. */
  readonly at: Point;
  /** With the lock, where there is one. */
  readonly rect: Rect;
  /** How much larger than it is nearby. */
  readonly size: number;
}

const letter = 6.4;
/** Figures change each moment: a label that is some letters longer stays where it was. */
const fewest = 6;
const [height, lock] = [18, 26];
/** Along the line, in which order it is tried. */
const spots = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82];

/** From further away it is larger, so that it can be read. */
const sizeAt = (zoom: number): number => (zoom < 0.75 ? 1.5 : 1);

export const labelWidth = (label: string, size: number): number => Math.max(fewest, label.length) * letter * size + 10;

const rectAt = ({ label, isPlain }: DrawnEdge, { x, y }: Point, size: number): Rect => {
  const half = label === '' ? lock / 2 : labelWidth(label, size) / 2;
  return { left: x - half, right: x + half, top: y - (height * size) / 2 - (isPlain ? lock : 0), bottom: y + (height * size) / 2 };
};

const cell = 240;

/** What stands where, found by the squares of a grid. */
const ground = () => {
  const cells = new Map<string, Rect[]>();
  const cellsOf = ({ left, right, top, bottom }: Rect): string[] => {
    const keys = [];
    for (let x = Math.floor(left / cell); x <= Math.floor(right / cell); x += 1)
      for (let y = Math.floor(top / cell); y <= Math.floor(bottom / cell); y += 1) keys.push(`${x} ${y}`);
    return keys;
  };
  return {
    take: (rect: Rect): void => {
      for (const key of cellsOf(rect)) {
        const there = cells.get(key);
        if (there) there.push(rect);
        else cells.set(key, [rect]);
      }
    },
    isFree: (rect: Rect): boolean => cellsOf(rect).every((key) => !cells.get(key)?.some((one) => touches(one, rect))),
  };
};

/** What is not mutual TLS, then what fails: they have their place before others. */
const urgency = ({ isPlain, edge: { health } }: DrawnEdge): number =>
  isPlain ? 0 : health === 'failing' ? 1 : health === 'degraded' ? 2 : 3;

const place = ({ nodes, edges, boxes }: Picture, size: number): readonly PlacedLabel[] => {
  const { take, isFree } = ground();
  for (const { rect } of nodes) take(rect);
  for (const { name, rect } of boxes) take({ ...rect, right: rect.left + 20 + name.length * 9, bottom: rect.top + 30 });
  const labelled = edges.filter(({ label, isPlain, isFound }) => isFound && (label !== '' || isPlain));
  return labelled
    .toSorted((a, b) => urgency(a) - urgency(b))
    .flatMap((drawn) => {
      const points = spots.map((spot) => pointAt(drawn.curve, spot));
      const free = points.find((point) => isFree(rectAt(drawn, point, size)));
      const at = free ?? (drawn.isPlain ? points[0] : undefined);
      if (!at) return [];
      const rect = rectAt(drawn, at, size);
      take(rect);
      return [{ drawn, at, rect, size }];
    });
};

/** Those of the size that a picture was painted with before. */
const known = new WeakMap<Picture, { readonly size: number; readonly placed: readonly PlacedLabel[] }>();

export const labelsOf = (picture: Picture, zoom: number): readonly PlacedLabel[] => {
  const size = sizeAt(zoom);
  const before = known.get(picture);
  if (before?.size === size) return before.placed;
  const placed = place(picture, size);
  known.set(picture, { size, placed });
  return placed;
};

/** In the middle, whatever is there: of what is pointed at. */
export const labelAtMiddle = (drawn: DrawnEdge, zoom: number): PlacedLabel => {
  const size = sizeAt(zoom);
  const at = pointAt(drawn.curve, 0.5);
  return { drawn, at, rect: rectAt(drawn, at, size), size };
};
