/** What part of the map is seen: a point of the map in the middle, and how large. */
import { boxPadding, type Point, type Positions, sizeOf } from '../layout.ts';
import type { Scene } from '../scene.ts';

export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Viewport {
  readonly width: number;
  readonly height: number;
}

const [nearest, farthest] = [2.5, 0.04];

export const zoomed = (camera: Camera, factor: number, around: Point): Camera => {
  const zoom = Math.min(nearest, Math.max(farthest, camera.zoom * factor));
  const share = camera.zoom / zoom;
  return { zoom, x: around.x + (camera.x - around.x) * share, y: around.y + (camera.y - around.y) * share };
};

/** @returns the point of the map below a point of the viewport */
export const mapPoint = ({ x, y, zoom }: Camera, { width, height }: Viewport, at: Point): Point => ({
  x: x + (at.x - width / 2) / zoom,
  y: y + (at.y - height / 2) / zoom,
});

export const seenRect = ({ x, y, zoom }: Camera, { width, height }: Viewport): Rect => ({
  left: x - width / 2 / zoom,
  right: x + width / 2 / zoom,
  top: y - height / 2 / zoom,
  bottom: y + height / 2 / zoom,
});

export const holds = ({ left, right, top, bottom }: Rect, { x, y }: Point): boolean => x >= left && x <= right && y >= top && y <= bottom;

export const touches = (a: Rect, b: Rect): boolean => a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;

const around = (points: readonly Rect[]): Rect | undefined =>
  points.length === 0
    ? undefined
    : points.reduce((all, one) => ({
        left: Math.min(all.left, one.left),
        right: Math.max(all.right, one.right),
        top: Math.min(all.top, one.top),
        bottom: Math.max(all.bottom, one.bottom),
      }));

/** Rectangles of open boxes, from where their nodes are. */
export const boxRects = ({ nodes, boxes }: Scene, positions: Positions): ReadonlyMap<string, Rect> => {
  const byBox = Map.groupBy(
    nodes.filter(({ kind }) => kind !== 'group'),
    ({ box }) => box,
  );
  return new Map(
    boxes.flatMap((box) => {
      const rect = around((byBox.get(box) ?? []).flatMap((node) => nodeRect(positions.get(node.id), sizeOf(node)) ?? []));
      const { side, top } = boxPadding;
      return rect
        ? [[box, { left: rect.left - side, right: rect.right + side, top: rect.top - top, bottom: rect.bottom + side }] as const]
        : [];
    }),
  );
};

export const nodeRect = (at: Point | undefined, { width, height }: Viewport): Rect | undefined =>
  at && { left: at.x - width / 2, right: at.x + width / 2, top: at.y - height / 2, bottom: at.y + height / 2 };

/** All of it, not larger than it is. */
export const fitting = (scene: Scene, positions: Positions, { width, height }: Viewport): Camera => {
  const all = around([
    ...boxRects(scene, positions).values(),
    ...scene.nodes.flatMap((node) => nodeRect(positions.get(node.id), sizeOf(node)) ?? []),
  ]);
  if (!all) return { x: 0, y: 0, zoom: 1 };
  const margin = 32;
  const zoom = Math.min((width - margin) / (all.right - all.left), (height - margin) / (all.bottom - all.top), 1);
  return { x: (all.left + all.right) / 2, y: (all.top + all.bottom) / 2, zoom: Math.max(farthest, zoom) };
};
