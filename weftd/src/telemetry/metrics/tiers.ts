/** How finely time is kept: short steps for a while, then longer ones. */

export interface Tier {
  /** Milliseconds. */
  readonly step: number;
  readonly keep: number;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Each step is a multiple of the one before. */
export const tiers: readonly [Tier, ...Tier[]] = [
  { step: 10 * second, keep: hour },
  { step: minute, keep: 6 * hour },
  { step: 5 * minute, keep: 3 * day },
  { step: hour, keep: 90 * day },
  // As long as hours: a day of all edges is read from a few of these, and hours for its ends.
  { step: 6 * hour, keep: 90 * day },
];

export const shortest: Tier = tiers[0];

/** What is kept for so long is kept until it is too old by what the mesh's owner says. */
export const longestKept = Math.max(...tiers.map(({ keep }) => keep));

export const startOf = (at: number, step: number): number => at - (at % step);

/** A stretch of time that one tier has a step for. */
export interface Piece {
  readonly tier: number;
  readonly at: number;
  readonly length: number;
}

/**
 * A stretch in the steps that each part of it is still kept in at its end: what is summed up of fine steps is what coarse ones say.
 * @param from and `to` are multiples of the shortest step
 */
export const piecesOf = (from: number, to: number): readonly Piece[] => {
  const pieces: Piece[] = [];
  for (let at = from; at < to; ) {
    const kept = tiers.findIndex(({ keep }) => to - at <= keep);
    const coarsest = kept < 0 ? tiers.length - 1 : kept;
    const tier = tiers.findLastIndex(({ step }, index) => index <= coarsest && at % step === 0 && at + step <= to);
    const length = tiers[tier]?.step ?? to - at;
    pieces.push({ tier: Math.max(0, tier), at, length });
    at += length;
  }
  return pieces;
};
