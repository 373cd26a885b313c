/** Many changes, few compilations: waits until it is quiet, but not for ever. */

export interface Batch {
  /** Something changed. */
  touch(): void;
  /** Does at once what is due; nothing if nothing changed. */
  flush(): void;
  stop(): void;
}

export interface BatchInput {
  readonly quietMs: number;
  readonly longestMs: number;
  readonly work: () => void;
}

export const createBatch = ({ quietMs, longestMs, work }: BatchInput): Batch => {
  let timer: NodeJS.Timeout | undefined;
  let since = 0;
  const flush = (): void => {
    if (!timer) return;
    clearTimeout(timer);
    timer = undefined;
    work();
  };
  return {
    touch: () => {
      const now = performance.now();
      if (!timer) since = now;
      clearTimeout(timer);
      timer = setTimeout(flush, Math.max(0, Math.min(quietMs, since + longestMs - now)));
    },
    flush,
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
    },
  };
};
