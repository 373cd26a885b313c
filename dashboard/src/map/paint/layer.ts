/**
 * The picture, painted on a canvas that is not shown, somewhat larger than what is seen: while somebody pans it is only moved, and
 * while it is painted anew, a few milliseconds of each frame at a time, the old one is shown.
 */
import { type Camera, holds, type Rect, seenRect, touches, type Viewport } from './camera.ts';
import { lengthOf } from './curve.ts';
import { drawLabel, strokeEdges, styled } from './edges.ts';
import { drawBoxes, drawNode } from './nodes.ts';
import type { Palette } from './palette.ts';
import { type DrawnEdge, type Picture, seenEdges } from './picture.ts';

/** Of the viewport's size, on each side. */
const margin = 0.25;
const [edgesAtOnce, nodesAtOnce] = [40, 20];
const [leastPixels, mostPixels, slowFrameMs] = [8_000, 2_000_000, 28];
/** Smaller or more, labels cover what they are about. */
const [labelsFrom, mostLabels] = [0.62, 250];

export interface Painted {
  readonly picture: Picture;
  readonly palette: Palette;
}

/** Of more lines than these, those that only pass through what is seen are left out: nobody could follow them. */
const mostPassing = 500;

const readableOf = (edges: readonly DrawnEdge[], seen: Rect): readonly DrawnEdge[] =>
  edges.length <= mostPassing ? edges : edges.filter(({ curve: { a, d } }) => holds(seen, a) || holds(seen, d));

/** Paints a part, and yields what it costs in pixels along lines: what is small is painted within one frame all the same. */
export function* paint(
  ctx: CanvasRenderingContext2D,
  { picture, palette }: Painted,
  { zoom, seen }: { readonly zoom: number; readonly seen: Rect },
): Generator<number> {
  ctx.textBaseline = 'middle';
  drawBoxes(ctx, picture, { palette, zoom });
  yield 0;
  const edges = readableOf(
    picture.edges.filter(({ bounds }) => touches(bounds, seen)),
    seen,
  );
  for (const [style, same] of styled(edges, palette))
    for (let from = 0; from < same.length; from += edgesAtOnce) {
      const some = seenEdges(same.slice(from, from + edgesAtOnce), seen);
      strokeEdges(ctx, some, { style, zoom, palette });
      yield some.reduce((sum, { curve }) => sum + lengthOf(curve) * zoom, 0);
    }
  const nodes = picture.nodes.filter(({ rect }) => touches(rect, seen));
  for (const [index, node] of nodes.entries()) {
    drawNode(ctx, node, { palette, zoom });
    if (index % nodesAtOnce === nodesAtOnce - 1) yield nodesAtOnce * 300;
  }
  const labelled = edges.filter(({ label, isPlain }) => label !== '' || isPlain);
  if (zoom >= labelsFrom && labelled.length <= mostLabels) for (const edge of labelled) drawLabel(ctx, edge, palette);
}

interface Sheet {
  readonly canvas: HTMLCanvasElement;
  camera: Camera;
  viewport: Viewport;
  scale: number;
}

const sheet = (): Sheet => ({
  canvas: document.createElement('canvas'),
  camera: { x: 0, y: 0, zoom: 0 },
  viewport: { width: 0, height: 0 },
  scale: 1,
});

/** Puts the camera's point into the middle of `size` pixels. */
export const aim = (
  ctx: CanvasRenderingContext2D,
  { x, y, zoom }: Camera,
  { size, scale }: { readonly size: Viewport; readonly scale: number },
): void => {
  const factor = zoom * scale;
  ctx.setTransform(factor, 0, 0, factor, (size.width * scale) / 2 - x * factor, (size.height * scale) / 2 - y * factor);
};

export class Layer {
  #front = sheet();
  #back = sheet();
  #work: Generator<number> | undefined;
  /** Pixels for a frame. A canvas is drawn after the script is done, so that time alone does not tell what it costs. */
  #budget = 60_000;
  #isDirty = true;

  /** The picture, its colours or its size are others. */
  soil(): void {
    this.#isDirty = true;
  }

  get isWorking(): boolean {
    return this.#work !== undefined;
  }

  /** Paints for `ms` at most, if there is something to paint. */
  work(painted: Painted, view: { readonly camera: Camera; readonly viewport: Viewport; readonly scale: number }, ms: number): void {
    if (!this.#work && (this.#isDirty || this.#isOutside(view.camera, view.viewport))) this.#begin(painted, view);
    const end = performance.now() + ms;
    let left = this.#budget;
    while (this.#work && left > 0 && performance.now() < end) {
      const { value, done } = this.#work.next();
      left -= value ?? 0;
      if (!done) continue;
      this.#work = undefined;
      [this.#front, this.#back] = [this.#back, this.#front];
    }
  }

  /** How long a frame took in which something was painted: less is painted in the next where it was too long. */
  took(ms: number): void {
    this.#budget = Math.min(mostPixels, Math.max(leastPixels, this.#budget * (ms > slowFrameMs ? 0.6 : 1.2)));
  }

  draw(ctx: CanvasRenderingContext2D, camera: Camera, { viewport, scale }: { readonly viewport: Viewport; readonly scale: number }): void {
    const { canvas, camera: old, scale: painted } = this.#front;
    if (old.zoom === 0 || canvas.width === 0) return;
    const factor = (camera.zoom / old.zoom) * (scale / painted);
    const [width, height] = [canvas.width * factor, canvas.height * factor];
    const x = (viewport.width * scale) / 2 + (old.x - camera.x) * camera.zoom * scale - width / 2;
    const y = (viewport.height * scale) / 2 + (old.y - camera.y) * camera.zoom * scale - height / 2;
    // At the zoom that it was painted for it lies on whole pixels: nothing is blurred by moving it.
    if (factor === 1) ctx.drawImage(canvas, Math.round(x), Math.round(y));
    else ctx.drawImage(canvas, x, y, width, height);
  }

  #isOutside(camera: Camera, viewport: Viewport): boolean {
    const { camera: old, viewport: had } = this.#front;
    if (old.zoom !== camera.zoom || had.width !== viewport.width || had.height !== viewport.height) return true;
    const [dx, dy] = [Math.abs(camera.x - old.x) * camera.zoom, Math.abs(camera.y - old.y) * camera.zoom];
    // Begun before the border is seen, so that it is done in time.
    return dx > had.width * margin * 0.6 || dy > had.height * margin * 0.6;
  }

  #begin(
    painted: Painted,
    { camera, viewport, scale }: { readonly camera: Camera; readonly viewport: Viewport; readonly scale: number },
  ): void {
    this.#isDirty = false;
    const back = this.#back;
    const size = { width: Math.ceil(viewport.width * (1 + 2 * margin)), height: Math.ceil(viewport.height * (1 + 2 * margin)) };
    const [width, height] = [Math.ceil(size.width * scale), Math.ceil(size.height * scale)];
    if (back.canvas.width !== width) back.canvas.width = width;
    if (back.canvas.height !== height) back.canvas.height = height;
    Object.assign(back, { camera, viewport, scale });
    const ctx = back.canvas.getContext('2d');
    if (!ctx) return;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, width, height);
    aim(ctx, camera, { size, scale });
    this.#work = paint(ctx, painted, { zoom: camera.zoom, seen: seenRect(camera, size) });
  }
}
