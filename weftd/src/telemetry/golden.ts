/** Golden signals as JSON: computed where measurements are kept, so that the thread that serves proxies only passes them on. */
import type { NamedSaturation, SeriesSearch, SignalsSearch } from '@weft/model';
import { goldenSignals, type SignalsQuery, seriesBy } from '@weft/signals';
import { toJson } from './json.ts';
import type { RemoteStores } from './worker/stores.ts';

export type GoldenSignalsJson = (search: SignalsSearch) => Promise<Uint8Array>;

export type SeriesJson = (search: SeriesSearch) => Promise<Uint8Array>;

export interface GoldenInput {
  readonly metrics: Pick<RemoteStores['metrics'], 'goldenSignals' | 'seriesBy'>;
  readonly records: Pick<RemoteStores['records'], 'routeSignals'>;
  /** All measurements, wherever they are kept. */
  readonly signals: SignalsQuery;
  /** Whether they are read from Weft's own store. */
  readonly isOwn: () => boolean;
  /** What users say that fullness is. */
  readonly saturations: () => readonly NamedSaturation[];
  readonly now: () => number;
}

export const goldenJson =
  ({ metrics, records, signals, isOwn, saturations, now }: GoldenInput): GoldenSignalsJson =>
  async (search) => {
    // Those are counted from records, wherever metrics are.
    if (search.of === 'route') return records.routeSignals(search, now());
    // Of anything else on one route, records say the requests and metrics how full it is.
    const isOfOneStore = isOwn() && !Object.hasOwn(search.where ?? {}, 'route');
    return isOfOneStore ? metrics.goldenSignals(search, saturations()) : toJson(await goldenSignals(signals, search, saturations()));
  };

export const seriesJson =
  ({ metrics, signals, isOwn }: Pick<GoldenInput, 'metrics' | 'signals' | 'isOwn'>): SeriesJson =>
  async (search) =>
    isOwn() ? metrics.seriesBy(search) : toJson(await seriesBy(signals, search));
