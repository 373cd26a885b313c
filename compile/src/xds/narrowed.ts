/**
 * A mark on chains of requests, which says nothing to Envoy but that the chain is another one: it drains the old one, and ends what
 * streams are left in it [E31]. What filters judge by travels by itself, before the mark [G22].
 */
import type { Chain } from './filters.ts';

export const narrowedMark = (times: number): Pick<Chain, 'metadata'> =>
  times > 0 ? { metadata: { filterMetadata: { 'dev.weft.policies': { narrowed: times } } } } : {};
