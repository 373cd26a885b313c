/** What is known of one source of keys, and when it is asked again. Pure: whoever asks says what came of it, and when [S115]. */

export interface KeyState {
  /** The last good keys; absent: there were none yet, or they are too old. */
  readonly keys?: string;
  /** When they were fetched, in Unix milliseconds. */
  readonly fetchedAt: number;
  /** Of the attempts since then. */
  readonly failures: number;
  /** Why the last attempt failed; absent: it did not. */
  readonly fault?: string;
  /** When it is asked next. */
  readonly nextAt: number;
}

const minute = 60_000;
/** Istio's `PILOT_JWT_PUB_KEY_REFRESH_INTERVAL`. */
export const refreshInterval = 20 * minute;
/** Istio's `JwtPubKeyEvictionDuration`: nobody vouches any more for keys that could not be fetched for so long. */
export const longestLife = 7 * 24 * 60 * minute;

/** Where tokens are refused for want of keys, another try costs less than a minute without. */
const firstRetry = { without: 1000, with: minute };
const lastRetry = { without: minute, with: refreshInterval };

/** @param kept from before a restart */
export const known = (kept: { readonly keys: string; readonly fetchedAt: number } | undefined): KeyState => ({
  ...(kept && { keys: kept.keys }),
  fetchedAt: kept?.fetchedAt ?? 0,
  failures: 0,
  nextAt: 0,
});

export const fetched = (keys: string, now: number): KeyState => ({ keys, fetchedAt: now, failures: 0, nextAt: now + refreshInterval });

export const failed = (state: KeyState, fault: string, now: number): KeyState => {
  const { keys, fetchedAt, failures } = state;
  const isGood = keys !== undefined && now - fetchedAt < longestLife;
  const kind = isGood ? 'with' : 'without';
  return {
    ...(isGood && { keys }),
    fetchedAt,
    failures: failures + 1,
    fault,
    nextAt: now + Math.min(firstRetry[kind] * 2 ** failures, lastRetry[kind]),
  };
};
