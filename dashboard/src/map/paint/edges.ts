/** Edges on a canvas. Many of one style are one path: thousands of strokes cost more than one long one. */
import type { Point } from '../layout.ts';
import type { MapEdge } from '../scene.ts';
import { type Curve, pointAt } from './curve.ts';
import { iconPath } from './icons.tsx';
import { healthColour, type Palette } from './palette.ts';
import type { DrawnEdge } from './picture.ts';

interface Style {
  readonly colour: string;
  readonly width: number;
  readonly dash: readonly number[];
  readonly alpha: number;
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

const styleOf = (drawn: DrawnEdge, palette: Palette): Style => ({
  colour: colourOf(palette, drawn.edge),
  width: widthOf(drawn.edge),
  dash: dashOf(drawn),
  alpha: !drawn.isFound ? 0.12 : drawn.edge.lastSeen !== undefined ? 0.6 : 0.85,
});

export const styled = (edges: readonly DrawnEdge[], palette: Palette): readonly (readonly [Style, readonly DrawnEdge[]])[] => {
  const byStyle = new Map<string, [Style, DrawnEdge[]]>();
  for (const drawn of edges) {
    const style = styleOf(drawn, palette);
    const key = `${style.colour} ${style.width} ${style.dash} ${style.alpha}`;
    const same = byStyle.get(key);
    if (same) same[1].push(drawn);
    else byStyle.set(key, [style, [drawn]]);
  }
  return [...byStyle.values()];
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
const coarse = 0.3;

export const strokeEdges = (
  ctx: CanvasRenderingContext2D,
  edges: readonly DrawnEdge[],
  { style, zoom, palette }: { readonly style: Style; readonly zoom: number; readonly palette: Palette },
): void => {
  const isCoarse = zoom < coarse;
  ctx.globalAlpha = style.alpha;
  const plain = edges.filter(({ isPlain }) => isPlain);
  if (plain.length > 0) {
    // Wide and of its own colour below the dashes: what is not mutual TLS stands out before its colour is understood.
    ctx.strokeStyle = palette.plain;
    ctx.lineWidth = style.width + 7;
    ctx.globalAlpha = style.alpha * 0.45;
    ctx.beginPath();
    for (const { curve } of plain) trace(ctx, curve, isCoarse);
    ctx.stroke();
    ctx.globalAlpha = style.alpha;
  }
  ctx.strokeStyle = style.colour;
  ctx.lineWidth = isCoarse ? Math.max(style.width, 1 / zoom / 2) : style.width;
  ctx.setLineDash([...style.dash]);
  ctx.beginPath();
  for (const { curve } of edges) trace(ctx, curve, isCoarse);
  ctx.stroke();
  ctx.setLineDash([]);
  if (!isCoarse) {
    ctx.fillStyle = style.colour;
    ctx.beginPath();
    for (const { curve, isCut } of edges) if (!isCut) arrow(ctx, curve, 7 + style.width);
    ctx.fill();
  }
  ctx.globalAlpha = 1;
};

const badge = (ctx: CanvasRenderingContext2D, { x, y }: Point, palette: Palette): void => {
  ctx.fillStyle = palette.raised;
  ctx.strokeStyle = palette.plain;
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  ctx.arc(x, y, 10, 0, 2 * Math.PI);
  ctx.fill();
  ctx.stroke();
  ctx.save();
  ctx.translate(x - 6, y - 6.5);
  ctx.scale(0.5, 0.5);
  ctx.lineWidth = 2.6;
  ctx.stroke(iconPath('unlocked'));
  ctx.restore();
};

/** Of an edge: its label in the middle, and an open lock where it is not mutual TLS. */
export const drawLabel = (ctx: CanvasRenderingContext2D, { curve, label, isPlain, isFound }: DrawnEdge, palette: Palette): void => {
  if (!isFound) return;
  const { x, y } = pointAt(curve, 0.5);
  if (isPlain) badge(ctx, label === '' ? { x, y } : { x, y: y - 18 }, palette);
  if (label === '') return;
  ctx.font = `11px ${palette.font}`;
  const width = ctx.measureText(label).width + 10;
  ctx.globalAlpha = 0.92;
  ctx.fillStyle = palette.surface;
  ctx.beginPath();
  ctx.roundRect(x - width / 2, y - 8, width, 16, 5);
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.fillStyle = palette.text;
  ctx.fillText(label, x - width / 2 + 5, y);
};
