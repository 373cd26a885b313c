import type { AlertSignal } from '@weft/model';
import type { Observation } from '../alert.ts';
import { counter, gauge } from './metrics.ts';
import { plaintext } from './plaintext.ts';
import { errors, latency, noTraffic, traffic } from './requests.ts';
import { saturation } from './saturation.ts';
import { certificateExpiry, proxyOutOfStep } from './standing.ts';
import { settled } from './steps.ts';
import { isPresent, type Judge, type Look, type Watch } from './watch.ts';

const judges: Readonly<Record<keyof AlertSignal, Judge>> = {
  errors,
  latency,
  traffic,
  noTraffic,
  plaintext,
  saturation,
  certificateExpiry,
  proxyOutOfStep,
  counter,
  gauge,
};

/** What a rule says now of all that it is about. */
export const judgements = async (watch: Watch, look: Look): Promise<readonly Observation[]> => {
  const [kind] = Object.keys(watch.signal) as (keyof AlertSignal)[];
  if (kind === undefined) return [];
  return judges[kind](watch, isPresent(watch.signal) ? look : { ...look, now: settled(look.now) });
};
