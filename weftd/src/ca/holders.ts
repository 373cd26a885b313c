/**
 * Who holds which key. A request proves that its sender had the key once, not that it is the sender's: whoever saw one could have it
 * certified under another name. So a key is certified for the identity that came with it first, and for no other.
 */
import { createHash } from 'node:crypto';

export interface KeyHolders {
  /** @returns whether the key is this identity's; it is from now on, if it was nobody's */
  claim(spki: Uint8Array, identity: string): boolean;
}

interface Holding {
  readonly identity: string;
  readonly until: number;
}

/** About 20 MB. Beyond, the oldest are forgotten: a certificate for a key that one does not hold is of no use anyway. */
const most = 100_000;

/** @param life milliseconds of a certificate: who does not renew has let go of its key */
export const makeKeyHolders = ({ life, now }: { readonly life: number; readonly now: () => number }): KeyHolders => {
  const holdings = new Map<string, Holding>();
  const forget = () => {
    for (const [key, { until }] of holdings) {
      if (until > now() && holdings.size <= most) return;
      holdings.delete(key);
    }
  };
  return {
    claim: (spki, identity) => {
      const key = createHash('sha256').update(spki).digest('base64');
      const held = holdings.get(key);
      if (held && held.until > now() && held.identity !== identity) return false;
      holdings.delete(key); // to stand last
      holdings.set(key, { identity, until: now() + life });
      forget();
      return true;
    },
  };
};
