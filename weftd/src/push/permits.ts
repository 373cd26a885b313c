/**
 * How many bytes of large responses may be on their way at once: a thousand proxies that connect together must not
 * each have megabytes in memory, and between two of them the event loop gets its turn.
 */
export interface Permits {
  /** @returns the release function, or undefined: then `whenFree` is called once there may be room. */
  take(bytes: number, whenFree: () => void): (() => void) | undefined;
}

export interface PermitLimits {
  readonly bytes: number;
  /** A permit held longer does not count any more: a slow client may not hold up the others. */
  readonly heldMs: number;
}

export const makePermits = ({ bytes: limit, heldMs }: PermitLimits): Permits => {
  const waiting = new Set<() => void>();
  let taken = 0;
  let scheduled = false;

  const wake = (): void => {
    if (scheduled || waiting.size === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const [next] = waiting;
      if (!next || taken >= limit) return;
      waiting.delete(next);
      next();
      wake();
    });
  };

  return {
    take: (bytes, whenFree) => {
      if (taken >= limit) {
        waiting.add(whenFree);
        return undefined;
      }
      waiting.delete(whenFree);
      taken += bytes;
      let held = true;
      const release = (): void => {
        if (!held) return;
        held = false;
        clearTimeout(timer);
        taken -= bytes;
        wake();
      };
      const timer = setTimeout(release, heldMs);
      timer.unref();
      return release;
    },
  };
};
