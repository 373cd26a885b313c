/** Nodes and boxes on a canvas: a shape and an icon for each kind, its name, and how it does. */
import type { NodeKind } from '../scene.ts';
import { type Rect, touches } from './camera.ts';
import { iconPath } from './icons.tsx';
import { healthColour, type Palette } from './palette.ts';
import type { DrawnNode, Picture } from './picture.ts';

/** Smaller, text is not readable and is left out; up to `detailed` only the name is there, larger than it would be. */
const [readable, iconFrom, detailed] = [0.24, 0.42, 0.62];

const corners: Readonly<Record<Exclude<NodeKind, 'gateway' | 'external'>, number>> = {
  service: 9,
  workload: 1,
  version: 16,
  application: 4,
  outside: 23,
  group: 5,
};

/** Cut at both ends, like a gate seen from above; what is external leans. */
const outline = (ctx: CanvasRenderingContext2D, kind: NodeKind, { left, top, right, bottom }: Rect): void => {
  ctx.beginPath();
  if (kind !== 'gateway' && kind !== 'external') {
    ctx.roundRect(left, top, right - left, bottom - top, corners[kind]);
    return;
  }
  const [cut, middle] = [12, (top + bottom) / 2];
  const points =
    kind === 'gateway'
      ? [
          [left + cut, top],
          [right - cut, top],
          [right, middle],
          [right - cut, bottom],
          [left + cut, bottom],
          [left, middle],
        ]
      : [
          [left + cut, top],
          [right, top],
          [right - cut, bottom],
          [left, bottom],
        ];
  for (const [x = 0, y = 0] of points) ctx.lineTo(x, y);
  ctx.closePath();
};

const widths = new Map<string, string>();
/** Names come and go, figures change each moment. */
const mostWidths = 20_000;

/** What does not fit ends with an ellipsis. To measure a text costs more than to draw it, so that it is done once. */
const fitted = (ctx: CanvasRenderingContext2D, text: string, room: number): string => {
  const key = `${ctx.font} ${Math.round(room)} ${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  const { width } = ctx.measureText(text);
  const fits = width <= room ? text : `${text.slice(0, Math.max(1, Math.floor((text.length * room) / width) - 1))}…`;
  if (widths.size >= mostWidths) widths.clear();
  widths.set(key, fits);
  return fits;
};

const icon = (ctx: CanvasRenderingContext2D, kind: NodeKind, { left, top, bottom }: Rect): void => {
  ctx.save();
  ctx.translate(left + 12, (top + bottom) / 2 - 10);
  ctx.scale(20 / 24, 20 / 24);
  ctx.lineWidth = 2;
  ctx.stroke(iconPath(kind));
  ctx.restore();
};

const stacked = (ctx: CanvasRenderingContext2D, rect: Rect): void => {
  ctx.beginPath();
  ctx.roundRect(rect.left + 5, rect.top - 5, rect.right - rect.left, rect.bottom - rect.top, 5);
  ctx.fill();
  ctx.stroke();
};

interface Look {
  readonly palette: Palette;
  readonly zoom: number;
}

/** Its slanted sides leave less room. */
const inset = (kind: NodeKind): number => (kind === 'gateway' || kind === 'external' || kind === 'outside' ? 16 : 10);

/** On its upper border, from the right. */
const drawMarks = (
  ctx: CanvasRenderingContext2D,
  { marks }: DrawnNode['node'],
  { rect, palette }: { readonly rect: Rect; readonly palette: Palette },
): void => {
  for (const [index, mark] of marks.entries()) {
    ctx.save();
    ctx.translate(rect.right - 16 - index * 22, rect.top);
    ctx.fillStyle = palette.raised;
    ctx.strokeStyle = mark === 'bare' ? palette.plain : palette.soft;
    ctx.lineWidth = 1.25;
    ctx.beginPath();
    ctx.arc(0, 0, 9, 0, 2 * Math.PI);
    ctx.fill();
    ctx.stroke();
    ctx.translate(-5.5, -5.5);
    ctx.scale(11 / 24, 11 / 24);
    ctx.lineWidth = 2.6;
    ctx.stroke(iconPath(mark));
    ctx.restore();
  }
};

/** Its name; nearer also its icon, and its figures below. */
const drawText = (ctx: CanvasRenderingContext2D, { node, rect, title, line }: DrawnNode, { palette, zoom }: Look): void => {
  const middle = (rect.top + rect.bottom) / 2;
  ctx.fillStyle = palette.text;
  if (zoom < iconFrom) {
    ctx.font = `600 ${Math.round(9 / zoom)}px ${palette.font}`;
    ctx.fillText(fitted(ctx, title, rect.right - rect.left - 20), rect.left + 10, middle);
    return;
  }
  ctx.strokeStyle = node.health === 'idle' ? palette.soft : healthColour(palette, node.health);
  icon(ctx, node.kind, rect);
  const isDetailed = zoom >= detailed && line !== '';
  const room = rect.right - inset(node.kind) - (rect.left + 40);
  ctx.font = `600 ${isDetailed ? 13 : 16}px ${palette.font}`;
  ctx.fillText(fitted(ctx, title, room), rect.left + 40, isDetailed ? middle - 8 : middle);
  drawMarks(ctx, node, { rect, palette });
  if (!isDetailed) return;
  ctx.fillStyle = palette.soft;
  ctx.font = `11.5px ${palette.font}`;
  ctx.fillText(fitted(ctx, line, room), rect.left + 40, middle + 9);
};

export const drawNode = (ctx: CanvasRenderingContext2D, drawn: DrawnNode, look: Look): void => {
  const { node, rect, isFound } = drawn;
  const { palette, zoom } = look;
  const colour = healthColour(palette, node.health);
  ctx.globalAlpha = !isFound ? 0.22 : node.isUnused ? 0.62 : 1;
  ctx.fillStyle = palette.raised;
  ctx.strokeStyle = colour;
  ctx.lineWidth = node.health === 'idle' ? 1.25 : 2;
  ctx.setLineDash(node.isUnused ? [5, 4] : []);
  if (node.kind === 'group') stacked(ctx, rect);
  outline(ctx, node.kind, rect);
  ctx.fill();
  ctx.stroke();
  ctx.setLineDash([]);
  if (zoom >= readable) drawText(ctx, drawn, look);
  ctx.globalAlpha = 1;
};

export const drawBoxes = (
  ctx: CanvasRenderingContext2D,
  { boxes }: Picture,
  { palette, zoom, seen }: Look & { readonly seen: Rect },
): void => {
  for (const { rect } of boxes) {
    if (!touches(rect, seen)) continue;
    ctx.fillStyle = palette.sunken;
    ctx.strokeStyle = palette.line;
    ctx.lineWidth = 1.25;
    ctx.beginPath();
    ctx.roundRect(rect.left, rect.top, rect.right - rect.left, rect.bottom - rect.top, 10);
    ctx.fill();
    ctx.stroke();
  }
};

/** Names of boxes stay readable when those of their nodes are not: above the rest, on an edge of the ground's colour. */
export const drawBoxNames = (
  ctx: CanvasRenderingContext2D,
  { boxes }: Picture,
  { palette, zoom, seen }: Look & { readonly seen: Rect },
): void => {
  for (const { name, rect, members } of boxes) {
    if (!touches(rect, seen)) continue;
    const size = Math.round(Math.min(Math.max(13, 11 / zoom), Math.max(26, (rect.right - rect.left) / 6)));
    const place = [rect.left + 14, rect.top + Math.max(18, size * 0.75)] as const;
    ctx.font = `600 ${size}px ${palette.font}`;
    const text = fitted(ctx, zoom < iconFrom ? `${name} (${members})` : name, rect.right - rect.left - 20);
    if (zoom < readable) {
      ctx.strokeStyle = palette.sunken;
      ctx.lineWidth = size / 3;
      ctx.lineJoin = 'round';
      ctx.strokeText(text, ...place);
    }
    ctx.fillStyle = zoom < readable ? palette.text : palette.soft;
    ctx.fillText(text, ...place);
  }
};
