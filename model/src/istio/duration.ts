/** Times as the networking kinds write them. */
import { parseDuration } from '../duration.ts';
import type { Problem } from '../problem.ts';
import { invalid } from '../rule.ts';

/** A protobuf duration as text: `1.5s`, `250ms`, `1h`. Read it with `parseDuration`. */
export type DurationText = string;

interface Times {
  readonly fields: readonly string[];
  /** 0 means something of its own there. */
  readonly zero?: true;
}

/** Whole milliseconds, one at least (Istio's `ValidateDuration`). */
export function* checkDurations(value: object, path: string, { fields, zero }: Times): Iterable<Problem> {
  for (const field of fields) {
    const text = (value as Readonly<Record<string, unknown>>)[field];
    if (typeof text !== 'string') continue;
    const at = `${path}.${field}`;
    const ms = parseDuration(text);
    if (ms === undefined || ms < 0)
      yield invalid(at, `\`${text.slice(0, 40)}\` is no duration`, 'Write a number with a unit: 250ms, 1.5s, 5m, 1h.');
    else if (!Number.isInteger(ms)) yield invalid(at, `\`${text.slice(0, 40)}\` is finer than milliseconds`, 'Write whole milliseconds.');
    else if (ms === 0 && !zero) yield invalid(at, 'a time of zero', 'Write 1ms or more, or leave it out.');
  }
}
