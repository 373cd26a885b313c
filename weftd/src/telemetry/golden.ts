/** Golden signals as JSON: computed where measurements are kept, so that the thread that serves proxies only passes them on. */
import type { NamedSaturation, SignalsSearch } from '@weft/model';
import { goldenSignals, type SignalsQuery } from '@weft/signals';
import type { RemoteStores } from './worker/stores.ts';

export type GoldenSignalsJson = (search: SignalsSearch) => Promise<Uint8Array>;

export interface GoldenInput {
  readonly metrics: Pick<RemoteStores['metrics'], 'goldenSignals'>;
  /** All measurements, wherever they are kept. */
  readonly signals: SignalsQuery;
  /** Whether they are read from Weft's own store. */
  readonly isOwn: () => boolean;
  /** What users say that fullness is. */
  readonly saturations: () => readonly NamedSaturation[];
}

/** Those are counted from records. */
const isOfRoutes = ({ of, where = {} }: SignalsSearch): boolean => of === 'route' || Object.hasOwn(where, 'route');

export const goldenJson =
  ({ metrics, signals, isOwn, saturations }: GoldenInput): GoldenSignalsJson =>
  async (search) =>
    isOwn() && !isOfRoutes(search)
      ? metrics.goldenSignals(search, saturations())
      : new TextEncoder().encode(JSON.stringify(await goldenSignals(signals, search, saturations())));
