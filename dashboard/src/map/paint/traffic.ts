/** Traffic on edges, animated: dots that move with it; failed ones are squares of another colour. */
import { lengthOf, pointAt } from './curve.ts';
import type { Palette } from './palette.ts';
import type { DrawnEdge } from './picture.ts';

/** More than these, and nobody follows them; nor does a slow machine. */
export const mostAnimated = 400;

/** So many dots between its ends, the more the busier. */
const dotsOf = (perSecond: number): number => Math.min(6, Math.max(1, Math.round(Math.log2(1 + perSecond))));

const pixelsPerSecond = (perSecond: number): number => 45 + 35 * Math.log10(1 + perSecond);

/** Of every so many dots one failed, so that the share on screen is that of the requests. */
const hasFailed = (index: number, share: number): boolean => Math.floor((index + 1) * share) > Math.floor(index * share);

/** @param now milliseconds */
export const drawTraffic = (
  ctx: CanvasRenderingContext2D,
  edges: readonly DrawnEdge[],
  { palette, now }: { readonly palette: Palette; readonly now: number },
): void => {
  for (const { edge, curve, isFound } of edges) {
    const rate = edge.requestsPerSecond || (edge.connectionsOpened > 0 ? 0.5 : 0);
    if (rate === 0 || !isFound) continue;
    const count = dotsOf(rate);
    const share = edge.requests > 0 ? edge.failed / edge.requests : 0;
    const travelled = ((now / 1_000) * pixelsPerSecond(rate)) / Math.max(60, lengthOf(curve));
    for (let index = 0; index < count; index += 1) {
      const way = travelled + index / count;
      const { x, y } = pointAt(curve, way % 1);
      const failed = hasFailed(Math.floor(way) * count + index, Math.max(share, share > 0 ? 0.04 : 0));
      ctx.fillStyle = failed ? palette.failing : palette.text;
      ctx.beginPath();
      if (failed) ctx.rect(x - 4, y - 4, 8, 8);
      else ctx.arc(x, y, 2.6, 0, 2 * Math.PI);
      ctx.fill();
    }
  }
};
