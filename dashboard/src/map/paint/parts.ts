/** Of very many lines only the ends of long ones are drawn: nobody could follow them, and they would cover what can be followed. */
import { type Curve, cutCurve, lengthOf } from './curve.ts';
import type { DrawnEdge, Picture } from './picture.ts';

const many = 600;
/** Pixels: of longer lines so much is left at each end. */
const [longest, stub] = [2_000, 420];

const partsOf = (drawn: DrawnEdge, zoom: number): readonly DrawnEdge[] => {
  const length = lengthOf(drawn.curve) * zoom;
  // What is not mutual TLS is followed from end to end.
  if (length <= longest || drawn.isPlain) return [drawn];
  const share = stub / length;
  const part = (curve: Curve, isCut: boolean): DrawnEdge => ({ ...drawn, curve, isCut });
  return [part(cutCurve(drawn.curve, 0, share), true), part(cutCurve(drawn.curve, 1 - share, 1), false)];
};

interface Parts {
  readonly zoom: number;
  readonly edges: readonly DrawnEdge[];
}

/** Those of the zoom that a picture was painted at before. */
const known = new WeakMap<Picture, Parts>();

export const partsAt = (picture: Picture, zoom: number): readonly DrawnEdge[] => {
  if (picture.edges.length <= many) return picture.edges;
  const before = known.get(picture);
  if (before?.zoom === zoom) return before.edges;
  const edges = picture.edges.flatMap((drawn) => partsOf(drawn, zoom));
  known.set(picture, { zoom, edges });
  return edges;
};
