/** What a rule's destinations are wanted to get, and what they got. */
import type { DestinationSettings } from '@weft/model';
import type { ReactNode } from 'react';
import { type ClusterUse, elsewhere, seenAt, sumOf } from './live.ts';
import { clusterWords, destinationWords } from './words.ts';

export interface Share {
  readonly words: string;
  /** Of 0..1; absent: the rule does not send there now. */
  readonly wanted?: number;
  /** Absent: nothing came. */
  readonly seen?: number;
  /** What was seen, in numbers. */
  readonly amount: ReactNode;
}

interface Weighted {
  readonly destination: DestinationSettings;
  readonly weight?: number;
}

/** Istio sends all to the only destination, whatever its weight, and divides evenly where nobody says a weight. */
const wantedShares = (weights: readonly (number | undefined)[]): readonly number[] => {
  const sum = weights.reduce<number>((all, weight = 0) => all + weight, 0);
  return weights.map((weight = 0) => (sum === 0 ? 1 / weights.length : weight / sum));
};

export interface Seen<One extends ClusterUse> {
  readonly used: readonly One[];
  /** The rule's, in which short names are completed. */
  readonly namespace: string;
  readonly amountOf: (same: readonly One[]) => ReactNode;
}

/** Of each destination that the rule has now, and of each cluster that got something though it is none of them. */
export const sharesOf = <One extends ClusterUse>(
  route: readonly Weighted[],
  { used, namespace, amountOf }: Seen<One>,
): readonly Share[] => {
  const wanted = wantedShares(route.map(({ weight }) => weight));
  const destinations = route.map(({ destination }) => destination);
  const seen = (same: readonly One[]) => ({
    ...(used.length > 0 && { seen: sumOf(same.map(({ share }) => share)) }),
    amount: amountOf(same),
  });
  return [
    ...destinations.map((destination, index) => ({
      words: destinationWords(destination),
      wanted: wanted[index] ?? 0,
      ...seen(seenAt(used, destination, namespace)),
    })),
    ...elsewhere(used, destinations, namespace).map((one) => ({ words: clusterWords(one.cluster), ...seen([one]) })),
  ];
};
