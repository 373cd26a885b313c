/** Nodes and boxes on a canvas: a shape and an icon for each kind, its name, and how it does. */
import type { NodeKind } from '../scene.ts';
import type { Rect } from './camera.ts';
import { iconPath } from './icons.tsx';
import { healthColour, type Palette } from './palette.ts';
import type { DrawnNode, Picture } from './picture.ts';

/** Smaller, text is not readable and is left out. */
const readable = 0.42;
const detailed = 0.62;

const corners: Readonly<Record<Exclude<NodeKind, 'gateway' | 'external'>, number>> = {
  service: 9,
  workload: 1,
  version: 16,
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

/** What does not fit ends with an ellipsis. Widths are near enough by the number of letters: to measure each costs more than to draw it. */
const shortened = (text: string, letters: number): string => (text.length > letters ? `${text.slice(0, letters - 1)}…` : text);

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

export const drawNode = (
  ctx: CanvasRenderingContext2D,
  { node, rect, title, line, isFound }: DrawnNode,
  look: { readonly palette: Palette; readonly zoom: number },
): void => {
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
  if (zoom >= readable) {
    ctx.strokeStyle = node.health === 'idle' ? palette.soft : colour;
    icon(ctx, node.kind, rect);
    const middle = (rect.top + rect.bottom) / 2;
    const isDetailed = zoom >= detailed && line !== '';
    ctx.fillStyle = palette.text;
    ctx.font = `600 13px ${palette.font}`;
    ctx.fillText(shortened(title, 18), rect.left + 40, isDetailed ? middle - 8 : middle);
    if (isDetailed) {
      ctx.fillStyle = palette.soft;
      ctx.font = `11.5px ${palette.font}`;
      ctx.fillText(shortened(line, 24), rect.left + 40, middle + 9);
    }
  }
  ctx.globalAlpha = 1;
};

export const drawBoxes = (
  ctx: CanvasRenderingContext2D,
  { boxes }: Picture,
  { palette, zoom }: { readonly palette: Palette; readonly zoom: number },
): void => {
  for (const { name, rect, members } of boxes) {
    ctx.fillStyle = palette.sunken;
    ctx.strokeStyle = palette.line;
    ctx.lineWidth = 1.25;
    ctx.beginPath();
    ctx.roundRect(rect.left, rect.top, rect.right - rect.left, rect.bottom - rect.top, 10);
    ctx.fill();
    ctx.stroke();
    // Names of boxes stay readable when those of their nodes are not.
    const size = Math.min(Math.max(13, 11 / zoom), (rect.right - rect.left) / 6);
    ctx.fillStyle = palette.soft;
    ctx.font = `600 ${size}px ${palette.font}`;
    ctx.fillText(zoom < readable ? `${name} (${members})` : name, rect.left + 14, rect.top + Math.max(18, size * 0.8));
  }
};
