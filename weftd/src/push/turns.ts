/**
 * Work in slices: when a thousand proxies want something at once, timers, sockets and the API get their turn in between.
 * A slice ends after some time or some pieces of work, whichever is first; at least one piece is done.
 */
export interface Turns {
  /** Does the work soon, after what is waiting already. */
  take(work: () => void): void;
}

export interface Slice {
  readonly ms: number;
  readonly pieces: number;
}

export const makeTurns = ({ ms, pieces }: Slice): Turns => {
  let waiting: (() => void)[] = [];
  let next = 0;

  const run = (): void => {
    const end = performance.now() + ms;
    for (let done = 0; next < waiting.length && done < pieces; done++) {
      waiting[next++]?.();
      if (performance.now() >= end) break;
    }
    if (next < waiting.length) {
      setImmediate(run);
      return;
    }
    waiting = [];
    next = 0;
  };

  return {
    take: (work) => {
      waiting.push(work);
      if (waiting.length === 1) setImmediate(run);
    },
  };
};
