/**
 * The picture, painted in square tiles that are kept: while somebody pans they are only moved, with new ones at the border, and while they
 * are painted anew, some in each frame, the old ones are shown. A canvas is drawn after the script is done and as a whole, so that one
 * large one would hold up a frame however little of it were painted at a time.
 */
import { type Camera, type Rect, seenRect, touches, type Viewport } from './camera.ts';
import { coarse, drawBadge, drawLabel, strokeEdges, styled } from './edges.ts';
import { labelsOf } from './labels.ts';
import { drawBoxes, drawBoxNames, drawNode } from './nodes.ts';
import type { Palette } from './palette.ts';
import { partsAt } from './parts.ts';
import { type Picture, seenEdges } from './picture.ts';

/** Pixels of the page. */
const tileSide = 384;
/** So far beyond what is seen tiles are painted ahead, and kept. */
const [ahead, kept] = [0.5, 1.5];
const [mostAtOnce, slowFrameMs] = [8, 28];
/** Smaller, labels are not readable; locks of what is not mutual TLS are larger than the rest from further away. */
const [labelsFrom, badgesFrom] = [0.48, 0.2];

export interface Painted {
  readonly picture: Picture;
  readonly palette: Palette;
}

export interface Seeing {
  readonly camera: Camera;
  readonly viewport: Viewport;
  /** Pixels of the screen in one of the page. */
  readonly scale: number;
}

/** Paints what is within `seen`. */
export const paint = (
  ctx: CanvasRenderingContext2D,
  { picture, palette }: Painted,
  { zoom, seen }: { readonly zoom: number; readonly seen: Rect },
): void => {
  ctx.textBaseline = 'middle';
  drawBoxes(ctx, picture, { palette, zoom, seen });
  const parts = partsAt(picture, zoom);
  // Those that are drawn as lines must be the same lines in each tile.
  const edges = zoom < coarse ? parts.filter(({ bounds }) => touches(bounds, seen)) : seenEdges(parts, seen);
  for (const [style, same] of styled(edges, palette)) strokeEdges(ctx, same, { style, zoom, palette });
  for (const node of picture.nodes) if (touches(node.rect, seen)) drawNode(ctx, node, { palette, zoom });
  for (const placed of zoom < badgesFrom ? [] : labelsOf(picture, zoom)) {
    if (!touches(placed.rect, seen)) continue;
    if (zoom >= labelsFrom) drawLabel(ctx, placed, palette);
    if (placed.drawn.isPlain) drawBadge(ctx, placed, { palette, zoom });
  }
  drawBoxNames(ctx, picture, { palette, zoom, seen });
};

/** Puts the camera's point into the middle of `size` pixels. */
export const aim = (
  ctx: CanvasRenderingContext2D,
  { x, y, zoom }: Camera,
  { size, scale }: { readonly size: Viewport; readonly scale: number },
): void => {
  const factor = zoom * scale;
  ctx.setTransform(factor, 0, 0, factor, (size.width * scale) / 2 - x * factor, (size.height * scale) / 2 - y * factor);
};

interface Tile {
  readonly canvas: HTMLCanvasElement;
  readonly column: number;
  readonly row: number;
  /** Which picture it shows. */
  version: number;
}

/** Tiles of one zoom. */
interface Sheet {
  readonly zoom: number;
  readonly scale: number;
  readonly tiles: Map<string, Tile>;
}

type Spot = Pick<Tile, 'column' | 'row'>;

const pixelsOf = ({ scale }: Pick<Sheet, 'scale'>): number => Math.round(tileSide * scale);

/** Of the map, in one tile. */
const unitOf = (sheet: Sheet): number => pixelsOf(sheet) / sheet.scale / sheet.zoom;

const keyOf = ({ column, row }: Spot): string => `${column} ${row}`;

const grown = ({ left, right, top, bottom }: Rect, by: number): Rect => ({
  left: left - by,
  right: right + by,
  top: top - by,
  bottom: bottom + by,
});

const spotsIn = (sheet: Sheet, { left, right, top, bottom }: Rect): readonly Spot[] => {
  const unit = unitOf(sheet);
  const range = (from: number, to: number): number[] => {
    const first = Math.floor(from / unit);
    return Array.from({ length: Math.floor(to / unit) - first + 1 }, (_, index) => first + index);
  };
  return range(top, bottom).flatMap((row) => range(left, right).map((column) => ({ column, row })));
};

const rectOf = (sheet: Sheet, { column, row }: Spot): Rect => {
  const unit = unitOf(sheet);
  return { left: column * unit, right: (column + 1) * unit, top: row * unit, bottom: (row + 1) * unit };
};

const paintTile = (sheet: Sheet, tile: Tile, painted: Painted): void => {
  const ctx = tile.canvas.getContext('2d');
  if (!ctx) return;
  const pixels = pixelsOf(sheet);
  if (tile.canvas.width !== pixels) [tile.canvas.width, tile.canvas.height] = [pixels, pixels];
  const factor = sheet.zoom * sheet.scale;
  ctx.setTransform(1, 0, 0, 1, 0, 0);
  ctx.clearRect(0, 0, pixels, pixels);
  ctx.setTransform(factor, 0, 0, factor, -tile.column * pixels, -tile.row * pixels);
  paint(ctx, painted, { zoom: sheet.zoom, seen: rectOf(sheet, tile) });
};

export class Layer {
  #front: Sheet | undefined;
  /** Of another zoom; shown once all of it that is seen is there. */
  #next: Sheet | undefined;
  #version = 0;
  #atOnce = mostAtOnce;
  readonly #spare: HTMLCanvasElement[] = [];
  isWorking = false;

  /** The picture, its colours or its size are others. */
  soil(): void {
    this.#version += 1;
  }

  /** Paints for `ms` at most, if there is something to paint. */
  work(painted: Painted, seeing: Seeing, ms: number): void {
    const { camera, scale } = seeing;
    const shown = this.#next ?? this.#front;
    if ((shown?.zoom !== camera.zoom && !(this.#next && this.#front)) || shown?.scale !== scale)
      this.#begin({ zoom: camera.zoom, scale, tiles: new Map() });
    const sheet = this.#next ?? this.#front;
    if (!sheet) return;
    const waiting = this.#waiting(sheet, seeing);
    const end = performance.now() + ms;
    let done = 0;
    while (done < waiting.length && done < this.#atOnce && (done === 0 || performance.now() < end)) {
      this.#paint(sheet, waiting[done] as Spot, painted);
      done += 1;
    }
    this.isWorking = done < waiting.length;
    if (this.isWorking || !this.#next) return;
    this.#spare.push(...[...(this.#front?.tiles.values() ?? [])].map(({ canvas }) => canvas));
    [this.#front, this.#next] = [this.#next, undefined];
    // Somebody zoomed on meanwhile; and what lies ahead is painted next.
    this.isWorking = true;
  }

  /** How long a frame took in which something was painted: less is painted in the next where it was too long. */
  took(ms: number): void {
    this.#atOnce = Math.min(mostAtOnce, Math.max(1, this.#atOnce + (ms > slowFrameMs ? -1 : 1)));
  }

  draw(ctx: CanvasRenderingContext2D, { camera, viewport, scale }: Seeing): void {
    const sheet = this.#front ?? this.#next;
    if (!sheet) return;
    const seen = seenRect(camera, viewport);
    const side = (pixelsOf(sheet) * camera.zoom * scale) / (sheet.zoom * sheet.scale);
    // At the zoom that they were painted for they lie on whole pixels: nothing is blurred by moving them.
    const whole = sheet.zoom === camera.zoom ? Math.round : (value: number): number => value;
    const left = whole((viewport.width / 2 - camera.x * camera.zoom) * scale);
    const top = whole((viewport.height / 2 - camera.y * camera.zoom) * scale);
    for (const tile of sheet.tiles.values())
      if (touches(rectOf(sheet, tile), seen)) ctx.drawImage(tile.canvas, left + tile.column * side, top + tile.row * side, side, side);
  }

  #begin(sheet: Sheet): void {
    if (this.#next) this.#spare.push(...[...this.#next.tiles.values()].map(({ canvas }) => canvas));
    this.#next = sheet;
  }

  /** What is seen and not there, then what is seen and old, then what lies ahead. Forgets what is far away. */
  #waiting(sheet: Sheet, { camera, viewport }: Seeing): readonly Spot[] {
    const seen = seenRect(camera, viewport);
    const unit = unitOf(sheet);
    const near = grown(seen, unit * kept);
    for (const [key, tile] of sheet.tiles)
      if (!touches(rectOf(sheet, tile), near)) {
        sheet.tiles.delete(key);
        this.#spare.push(tile.canvas);
      }
    const missing = (spot: Spot): boolean => !sheet.tiles.has(keyOf(spot));
    const old = (spot: Spot): boolean => (sheet.tiles.get(keyOf(spot))?.version ?? this.#version) !== this.#version;
    const here = spotsIn(sheet, seen);
    const beyond = sheet === this.#front ? spotsIn(sheet, grown(seen, unit * ahead)) : [];
    const spots = [...here.filter(missing), ...here.filter(old), ...beyond.filter((spot) => missing(spot) || old(spot))];
    return [...new Map(spots.map((spot) => [keyOf(spot), spot])).values()];
  }

  #paint(sheet: Sheet, spot: Spot, painted: Painted): void {
    const known = sheet.tiles.get(keyOf(spot));
    const tile = known ?? { ...spot, canvas: this.#spare.pop() ?? document.createElement('canvas'), version: 0 };
    tile.version = this.#version;
    paintTile(sheet, tile, painted);
    sheet.tiles.set(keyOf(spot), tile);
  }
}
