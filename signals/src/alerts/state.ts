/** One alert over time: a pure step from what it was and what is seen now to what it is, with the reason. */

/** What a rule says of one thing at one moment. */
export interface Judgement {
  /** Unknown: nothing was counted, or nobody looked. */
  readonly holds: boolean | 'unknown';
  readonly reason: string;
}

export interface Timing {
  /** Milliseconds that a condition holds before it is an alert. */
  readonly for: number;
  /** Milliseconds that an alert stays after its condition ended: what comes back within them is still the same one. */
  readonly keep: number;
  /** Of data that is missing: it is an alert itself, or leaves things as they were for so many milliseconds. */
  readonly missing: 'fires' | { readonly leaves: number };
}

export type AlertState =
  | { readonly kind: 'pending'; readonly since: number; readonly unseen?: number }
  /** `since` when the condition began, `fired` when it became an alert; `ended` while it is only kept; `unseen` since when data is missing. */
  | { readonly kind: 'firing'; readonly since: number; readonly fired: number; readonly ended?: number; readonly unseen?: number }
  | { readonly kind: 'resolved'; readonly fired: number; readonly at: number };

/** Undefined: there is nothing to be told about. */
export type State = AlertState | undefined;

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

export interface Moment {
  readonly timing: Timing;
  /** Unix milliseconds. */
  readonly now: number;
}

export interface Outcome {
  readonly state: State;
  readonly reason: string;
}

const onTrue = (state: State, { reason }: Judgement, { timing, now }: Moment): Outcome => {
  if (state?.kind === 'firing') return { state: { kind: 'firing', since: state.since, fired: state.fired }, reason };
  const since = state?.kind === 'pending' ? state.since : now;
  if (now - since < timing.for) return { state: { kind: 'pending', since }, reason: `${reason}; for ${seconds(now - since)} so far` };
  return { state: { kind: 'firing', since, fired: now }, reason };
};

const onFalse = (state: State, { reason }: Judgement, { timing, now }: Moment): Outcome => {
  if (state?.kind !== 'firing') return { state: state?.kind === 'resolved' ? state : undefined, reason };
  const ended = state.ended ?? now;
  if (now - ended < timing.keep) {
    const { since, fired } = state;
    return { state: { kind: 'firing', since, fired, ended }, reason: `${reason}; kept for ${seconds(timing.keep - (now - ended))}` };
  }
  return { state: { kind: 'resolved', fired: state.fired, at: now }, reason };
};

/** What is pending waits for data before it fires; what fires ends when data was missing for too long, and says why. */
const onUnknown = (state: State, judgement: Judgement, moment: Moment): Outcome => {
  const { timing, now } = moment;
  if (timing.missing === 'fires') return onTrue(state, judgement, moment);
  if (state === undefined || state.kind === 'resolved') return { state, reason: judgement.reason };
  const unseen = state.unseen ?? now;
  if (now - unseen < timing.missing.leaves) return { state: { ...state, unseen }, reason: `${judgement.reason}; left as it was` };
  const reason = `${judgement.reason} for ${seconds(now - unseen)}`;
  return state.kind === 'pending' ? { state: undefined, reason } : { state: { kind: 'resolved', fired: state.fired, at: now }, reason };
};

export const advance = (state: State, judgement: Judgement, moment: Moment): Outcome => {
  if (judgement.holds === 'unknown') return onUnknown(state, judgement, moment);
  return judgement.holds ? onTrue(state, judgement, moment) : onFalse(state, judgement, moment);
};
