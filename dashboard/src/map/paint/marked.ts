/** What is pointed at, chosen, or where the keyboard is: drawn above the rest, in each frame. */
import type { Rect } from './camera.ts';
import { drawBadge, drawLabel, strokeEdges, styled } from './edges.ts';
import { labelAtMiddle, labelsOf } from './labels.ts';
import { drawNode } from './nodes.ts';
import type { Palette } from './palette.ts';
import { type DrawnEdge, type DrawnNode, type Picture, seenEdges } from './picture.ts';

export interface Marked {
  readonly hovered?: string | undefined;
  readonly selected?: string | undefined;
  /** Where the keyboard is, while the map has the focus. */
  readonly focused?: string | undefined;
}

const ring = (
  ctx: CanvasRenderingContext2D,
  { rect }: DrawnNode,
  { colour, width, zoom }: { readonly colour: string; readonly width: number; readonly zoom: number },
): void => {
  const gap = 4 / zoom;
  ctx.strokeStyle = colour;
  ctx.lineWidth = width / zoom;
  ctx.beginPath();
  ctx.roundRect(rect.left - gap, rect.top - gap, rect.right - rect.left + 2 * gap, rect.bottom - rect.top + 2 * gap, 10);
  ctx.stroke();
};

/** With more of them, labels would cover what they are about. */
const mostLit = 60;

/** Where they are on the picture; those that had no place there stand in the middle of their line. */
const drawLabels = (
  ctx: CanvasRenderingContext2D,
  lit: readonly DrawnEdge[],
  { picture, palette, zoom }: { readonly picture: Picture; readonly palette: Palette; readonly zoom: number },
): void => {
  const placed = new Map(labelsOf(picture, zoom).map((label) => [label.drawn.edge.id, label]));
  for (const drawn of lit) {
    const label = placed.get(drawn.edge.id) ?? labelAtMiddle(drawn, zoom);
    drawLabel(ctx, label, palette);
    if (drawn.isPlain) drawBadge(ctx, label, { palette, zoom });
  }
};

export const drawMarked = (
  ctx: CanvasRenderingContext2D,
  picture: Picture,
  { marked, palette, zoom, seen }: { readonly marked: Marked; readonly palette: Palette; readonly zoom: number; readonly seen: Rect },
): void => {
  const { nodes, edges } = picture;
  const { hovered, selected, focused } = marked;
  if (hovered === undefined && selected === undefined && focused === undefined) return;
  const isMarked = (id: string): boolean => id === hovered || id === selected || id === focused;
  const lit = edges
    .filter(({ edge }) => isMarked(edge.id) || isMarked(edge.from) || isMarked(edge.to))
    .map((drawn) => ({ ...drawn, isFound: true }));
  for (const [style, same] of styled(lit, palette))
    strokeEdges(ctx, seenEdges(same, seen), { style: { ...style, width: style.width + 1.5, alpha: 1 }, zoom, palette });
  const ends = new Set(lit.flatMap(({ edge }) => [edge.from, edge.to]));
  for (const drawn of nodes)
    if (ends.has(drawn.node.id) || isMarked(drawn.node.id)) drawNode(ctx, { ...drawn, isFound: true }, { palette, zoom });
  if (zoom > 0.35 && lit.length <= mostLit) drawLabels(ctx, lit, { picture, palette, zoom });
  for (const drawn of nodes) {
    if (drawn.node.id === selected) ring(ctx, drawn, { colour: palette.accent, width: 2.5, zoom });
    if (drawn.node.id === focused) ring(ctx, drawn, { colour: palette.focus, width: 3, zoom });
  }
};
