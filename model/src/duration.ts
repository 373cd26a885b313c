/** Durations as Go and protobuf JSON write them: `1h30m`, `1.5s`, `250ms`. */

const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 0.001, µs: 0.001, ns: 0.000001 };

/** A number of at most 15 digits before the point keeps the scan linear and the result exact. */
const whole = /^([+-]?)((?:\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})(?:h|ms|m|s|us|µs|ns))+$/;
const part = /(\d*\.?\d*)(h|ms|m|s|us|µs|ns)/g;

/** 292 years: all that Go's `time.Duration` holds, which is what Istio and the API server read, less the last second, which Envoy refuses. */
const longest = 9_223_372_035_000;

/** @returns milliseconds; `undefined` when the text is no duration. */
export const parseDuration = (text: string): number | undefined => {
  if (text === '0') return 0;
  if (text.length > 64 || !whole.test(text)) return undefined;
  let total = 0;
  for (const [, number = '', unit = ''] of text.matchAll(part)) total += Number(number) * (units[unit] ?? Number.NaN);
  if (!(total <= longest)) return undefined;
  // Floating point leaves crumbs (1.1 s = 1100.0000000000002 ms); nanoseconds are the finest unit.
  const exact = Math.round(total * 1e6) / 1e6;
  return text.startsWith('-') ? -exact : exact;
};
