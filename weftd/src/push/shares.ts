/** How many streams one proxy and one identity may have at once: all share one event loop and one memory [G8]. */
import type { Proxy } from '@weft/model';

export interface Shares {
  /** @returns the release function; undefined where there are too many already. */
  take(proxy: Proxy): (() => void) | undefined;
}

export interface ShareLimits {
  /** An older stream may live on until it is found to be dead. */
  readonly perProxy: number;
  readonly perIdentity: number;
}

export const makeShares = ({ perProxy, perIdentity }: ShareLimits): Shares => {
  const taken = new Map<string, number>();
  const add = (key: string, count: number): void => {
    const now = (taken.get(key) ?? 0) + count;
    if (now === 0) taken.delete(key);
    else taken.set(key, now);
  };
  return {
    take: ({ namespace, name, serviceAccount }) => {
      const [proxy, identity] = [`proxy ${namespace}/${name}`, `identity ${namespace}/${serviceAccount}`];
      if ((taken.get(proxy) ?? 0) >= perProxy || (taken.get(identity) ?? 0) >= perIdentity) return undefined;
      for (const key of [proxy, identity]) add(key, 1);
      return () => {
        for (const key of [proxy, identity]) add(key, -1);
      };
    },
  };
};
