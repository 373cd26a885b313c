/** What is pointed at, chosen, or where the keyboard is: drawn above the rest, in each frame. */
import type { Rect } from './camera.ts';
import { drawLabel, strokeEdges, styled } from './edges.ts';
import { drawNode } from './nodes.ts';
import type { Palette } from './palette.ts';
import { type DrawnNode, type Picture, seenEdges } from './picture.ts';

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

export const drawMarked = (
  ctx: CanvasRenderingContext2D,
  { nodes, edges }: Picture,
  { marked, palette, zoom, seen }: { readonly marked: Marked; readonly palette: Palette; readonly zoom: number; readonly seen: Rect },
): void => {
  const { hovered, selected, focused } = marked;
  const isMarked = (id: string): boolean => id === hovered || id === selected || id === focused;
  const lit = edges
    .filter(({ edge }) => isMarked(edge.id) || isMarked(edge.from) || isMarked(edge.to))
    .map((drawn) => ({ ...drawn, isFound: true }));
  for (const [style, same] of styled(lit, palette))
    strokeEdges(ctx, seenEdges(same, seen), { style: { ...style, width: style.width + 1.5, alpha: 1 }, zoom, palette });
  if (zoom > 0.35 && lit.length <= 60) for (const drawn of lit) drawLabel(ctx, drawn, palette);
  const ends = new Set(lit.flatMap(({ edge }) => [edge.from, edge.to]));
  for (const drawn of nodes)
    if (ends.has(drawn.node.id) || isMarked(drawn.node.id)) drawNode(ctx, { ...drawn, isFound: true }, { palette, zoom });
  for (const drawn of nodes) {
    if (drawn.node.id === selected) ring(ctx, drawn, { colour: palette.accent, width: 2.5, zoom });
    if (drawn.node.id === focused) ring(ctx, drawn, { colour: palette.focus, width: 3, zoom });
  }
};
