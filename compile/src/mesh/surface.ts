import type { Families } from './families.ts';

/** What becomes of paths beyond Istio's BASE, which resolves dots: nothing at all, or slashes too [S86]. */
export type PathNormalization = 'NONE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES';

/** What all listeners of a proxy have in common. */
export interface Surface {
  /** Beside IPv4, or instead of it; absent: IPv4 alone. */
  readonly families?: Families;
  /** Absent: BASE. */
  readonly paths?: PathNormalization;
}
