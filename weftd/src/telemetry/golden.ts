/** Golden signals as JSON: computed where measurements are kept, so that the thread that serves proxies only passes them on. */
import type { NamedSaturation, SeriesSearch, SignalsSearch } from '@weft/model';
import { goldenSignals, type SignalsQuery, seriesBy } from '@weft/signals';
import type { RemoteStores } from './worker/stores.ts';

export type GoldenSignalsJson = (search: SignalsSearch) => Promise<Uint8Array>;

export type SeriesJson = (search: SeriesSearch) => Promise<Uint8Array>;

export interface GoldenInput {
  readonly metrics: Pick<RemoteStores['metrics'], 'goldenSignals' | 'seriesBy'>;
  /** All measurements, wherever they are kept. */
  readonly signals: SignalsQuery;
  /** Whether they are read from Weft's own store. */
  readonly isOwn: () => boolean;
  /** What users say that fullness is. */
  readonly saturations: () => readonly NamedSaturation[];
}

/** Those are counted from records. */
const isOfRoutes = ({ of, where = {} }: SignalsSearch): boolean => of === 'route' || Object.hasOwn(where, 'route');

const json = (answer: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(answer));

export const goldenJson =
  ({ metrics, signals, isOwn, saturations }: GoldenInput): GoldenSignalsJson =>
  async (search) =>
    isOwn() && !isOfRoutes(search)
      ? metrics.goldenSignals(search, saturations())
      : json(await goldenSignals(signals, search, saturations()));

export const seriesJson =
  ({ metrics, signals, isOwn }: Omit<GoldenInput, 'saturations'>): SeriesJson =>
  async (search) =>
    isOwn() ? metrics.seriesBy(search) : json(await seriesBy(signals, search));
