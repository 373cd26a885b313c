/** Spans as bars in time, callers above those whom they called. One is chosen; the keyboard goes from one to the next. */
import type { Bar } from '@weft/signals';
import type { KeyboardEvent } from 'react';
import { Badge } from '../kit/parts.tsx';
import { duration } from '../kit/words.ts';

export interface WaterfallProps {
  readonly bars: readonly Bar[];
  /** Milliseconds of the whole. */
  readonly total: number;
  /** Ids of the spans that the whole waited for. */
  readonly critical: ReadonlySet<string>;
  readonly chosen: string | undefined;
  readonly onChoose: (id: string) => void;
}

/** Where a key leads, among `count`. */
const stepOf = (key: string, index: number, count: number): number | undefined => {
  if (key === 'ArrowDown') return Math.min(count - 1, index + 1);
  if (key === 'ArrowUp') return Math.max(0, index - 1);
  if (key === 'Home') return 0;
  return key === 'End' ? count - 1 : undefined;
};

const share = (part: number, whole: number): string => `${whole > 0 ? Math.min(100, (part / whole) * 100) : 0}%`;

/** Deeper ones are shifted no further: a screen is only so wide. */
const deepest = 12;

export const Waterfall = ({ bars, total, critical, chosen, onChoose }: WaterfallProps) => {
  const move = (event: KeyboardEvent<HTMLUListElement>): void => {
    const buttons = [...event.currentTarget.querySelectorAll('button')];
    const next = stepOf(event.key, buttons.indexOf(document.activeElement as HTMLButtonElement), buttons.length);
    const bar = next === undefined ? undefined : bars[next];
    if (next === undefined || !bar) return;
    event.preventDefault();
    buttons[next]?.focus();
    onChoose(bar.span.id);
  };
  return (
    <ul className="waterfall" onKeyDown={move} aria-label="Spans in the order of calls">
      {bars.map(({ span, depth, offset }) => (
        <li key={span.id}>
          <button type="button" className="bar-row" aria-pressed={span.id === chosen} onClick={() => onChoose(span.id)}>
            <span className="bar-name" style={{ paddingLeft: `${Math.min(depth, deepest)}rem` }}>
              <strong>{span.service}</strong> <span className="soft">{span.name}</span> {span.failed && <Badge tone="bad">failed</Badge>}
            </span>
            <span className="bar-track" aria-hidden="true">
              <span
                className="bar"
                data-critical={critical.has(span.id)}
                data-failed={span.failed}
                style={{ left: share(offset, total), width: share(span.duration, total) }}
              />
            </span>
            <span className="number">
              {duration(span.duration)}
              {critical.has(span.id) && <span className="visually-hidden">, on the critical path</span>}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
};
