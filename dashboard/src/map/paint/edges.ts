/** Edges on a canvas. Many of one style are one path: thousands of strokes cost more than one long one. */
import type { Health } from '@weft/model';
import type { Point } from '../layout.ts';
import type { MapEdge } from '../scene.ts';
import type { Curve } from './curve.ts';
import { iconPath } from './icons.tsx';
import { labelWidth, type PlacedLabel } from './labels.ts';
import { healthColour, type Palette } from './palette.ts';
import type { DrawnEdge } from './picture.ts';

interface Style {
  readonly colour: string;
  readonly width: number;
  readonly dash: readonly number[];
  readonly alpha: number;
  /** What is worse is drawn above what is better. */
  readonly rank: number;
}

/** Connections have no health of requests: what flows through them is drawn as informative. */
const colourOf = (palette: Palette, edge: MapEdge): string => {
  if (edge.lastSeen !== undefined) return palette.lineStrong;
  if (edge.requests === 0) return edge.connectionsOpened > 0 ? palette.info : palette.idle;
  return healthColour(palette, edge.health);
};

const widthOf = ({ requestsPerSecond, bytesPerSecond }: MapEdge): number => {
  const amount = Math.max(requestsPerSecond, bytesPerSecond / 10_000);
  return Math.min(5, 1.5 + Math.round(Math.log10(1 + amount) * 2) / 2);
};

const dashOf = ({ edge, isPlain }: DrawnEdge): readonly number[] => {
  if (isPlain) return [9, 5];
  return edge.lastSeen !== undefined ? [2, 6] : [];
};

const ranks: readonly Health[] = ['idle', 'healthy', 'degraded', 'failing'];

const styleOf = (drawn: DrawnEdge, palette: Palette): Style => ({
  colour: colourOf(palette, drawn.edge),
  width: widthOf(drawn.edge),
  dash: dashOf(drawn),
  rank: drawn.isPlain ? ranks.length : ranks.indexOf(drawn.edge.health),
  alpha: !drawn.isFound ? 0.12 : drawn.edge.lastSeen !== undefined ? 0.6 : 0.85,
});

export const styled = (edges: readonly DrawnEdge[], palette: Palette): readonly (readonly [Style, readonly DrawnEdge[]])[] => {
  const byStyle = new Map<string, [Style, DrawnEdge[]]>();
  for (const drawn of edges) {
    const style = styleOf(drawn, palette);
    const key = `${style.rank} ${style.colour} ${style.width} ${style.dash} ${style.alpha}`;
    const same = byStyle.get(key);
    if (same) same[1].push(drawn);
    else byStyle.set(key, [style, [drawn]]);
  }
  return [...byStyle.values()].sort(([a], [b]) => a.rank - b.rank);
};

/** A curve of a few pixels is a line. */
const trace = (ctx: CanvasRenderingContext2D, { a, b, c, d }: Curve, isCoarse: boolean): void => {
  ctx.moveTo(a.x, a.y);
  if (isCoarse) ctx.lineTo(d.x, d.y);
  else ctx.bezierCurveTo(b.x, b.y, c.x, c.y, d.x, d.y);
};

const arrow = (ctx: CanvasRenderingContext2D, { c, d }: Curve, size: number): void => {
  const angle = Math.atan2(d.y - c.y, d.x - c.x);
  const wing = (turn: number): Point => ({ x: d.x - size * Math.cos(angle + turn), y: d.y - size * Math.sin(angle + turn) });
  const [left, right] = [wing(0.42), wing(-0.42)];
  ctx.moveTo(d.x, d.y);
  ctx.lineTo(left.x, left.y);
  ctx.lineTo(right.x, right.y);
  ctx.closePath();
};

/** So far away, arrows are dots and curves lines. */
export const coarse = 0.3;

/** Wide and of its own colour below the dashes: what is not mutual TLS stands out before its colour is understood, from however far. */
const strokePlain = (
  ctx: CanvasRenderingContext2D,
  edges: readonly DrawnEdge[],
  { style, zoom, palette }: { readonly style: Style; readonly zoom: number; readonly palette: Palette },
): void => {
  const isCoarse = zoom < coarse;
  ctx.strokeStyle = palette.plain;
  ctx.lineWidth = isCoarse ? 2.5 / zoom : style.width + 7;
  ctx.globalAlpha = style.alpha * (isCoarse ? 0.8 : 0.45);
  ctx.beginPath();
  for (const { curve } of edges) trace(ctx, curve, isCoarse);
  ctx.stroke();
};

export const strokeEdges = (
  ctx: CanvasRenderingContext2D,
  edges: readonly DrawnEdge[],
  look: { readonly style: Style; readonly zoom: number; readonly palette: Palette },
): void => {
  const { style, zoom } = look;
  const isCoarse = zoom < coarse;
  const plain = edges.filter(({ isPlain }) => isPlain);
  if (plain.length > 0) strokePlain(ctx, plain, look);
  ctx.globalAlpha = style.alpha;
  ctx.strokeStyle = style.colour;
  ctx.lineWidth = isCoarse ? Math.max(style.width, 1 / zoom / 2) : style.width;
  // Dashes of less than a pixel are a line, and the dearest one.
  ctx.setLineDash(isCoarse ? [] : [...style.dash]);
  if (!isCoarse || plain.length === 0) {
    ctx.beginPath();
    for (const { curve } of edges) trace(ctx, curve, isCoarse);
    ctx.stroke();
  }
  ctx.setLineDash([]);
  if (!isCoarse) {
    ctx.fillStyle = style.colour;
    ctx.beginPath();
    for (const { curve, isCut } of edges) if (!isCut) arrow(ctx, curve, 7 + style.width);
    ctx.fill();
  }
  ctx.globalAlpha = 1;
};

/** An open lock where an edge is not mutual TLS; it stays large enough to be seen when the rest becomes small. */
export const drawBadge = (
  ctx: CanvasRenderingContext2D,
  { drawn, at: { x, y } }: PlacedLabel,
  { palette, zoom }: { readonly palette: Palette; readonly zoom: number },
): void => {
  const size = Math.max(1, 0.55 / zoom);
  ctx.save();
  ctx.translate(x, drawn.label === '' ? y : y - 19 * Math.min(1, zoom));
  ctx.scale(size, size);
  ctx.globalAlpha = drawn.isFound ? 1 : 0.2;
  ctx.fillStyle = palette.raised;
  ctx.strokeStyle = palette.plain;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.arc(0, 0, 10, 0, 2 * Math.PI);
  ctx.fill();
  ctx.stroke();
  ctx.translate(-6, -6.5);
  ctx.scale(0.5, 0.5);
  ctx.lineWidth = 2.6;
  ctx.stroke(iconPath('unlocked'));
  ctx.restore();
};

export const drawLabel = (ctx: CanvasRenderingContext2D, { drawn: { label }, at: { x, y }, size }: PlacedLabel, palette: Palette): void => {
  if (label === '') return;
  ctx.font = `${11 * size}px ${palette.font}`;
  ctx.globalAlpha = 0.92;
  ctx.fillStyle = palette.surface;
  const [width, height] = [labelWidth(label, size) - 4, 16 * size];
  ctx.beginPath();
  ctx.roundRect(x - width / 2, y - height / 2, width, height, 5);
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.fillStyle = palette.text;
  ctx.textAlign = 'center';
  ctx.fillText(label, x, y);
  ctx.textAlign = 'start';
};
