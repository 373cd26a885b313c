/** A trace as it is drawn: callers before and above those whom they called, each with its place in time. */
import type { Span, Trace } from '@weft/model';

export interface Bar {
  readonly span: Span;
  /** 0: nobody called it, or whoever did told nothing of it. */
  readonly depth: number;
  /** Milliseconds since the trace began. */
  readonly offset: number;
}

export interface Waterfall {
  /** Unix milliseconds. */
  readonly at: number;
  readonly duration: number;
  readonly bars: readonly Bar[];
}

const byTime = (a: Span, b: Span): number => a.at - b.at || b.duration - a.duration;

/** Callers → those whom they called, in the order of time. */
const calledBy = (sorted: readonly Span[]): ReadonlyMap<string, readonly Span[]> => {
  const known = new Set(sorted.map(({ id }) => id));
  const called = new Map<string, Span[]>();
  for (const span of sorted) {
    const caller = span.parent !== undefined && known.has(span.parent) ? span.parent : '';
    const among = called.get(caller);
    if (among) among.push(span);
    else called.set(caller, [span]);
  }
  return called;
};

/** What tells of itself as its own caller, however far round, is drawn all the same. */
export const waterfall = ({ spans }: Trace): Waterfall => {
  const sorted = [...spans].sort(byTime);
  const called = calledBy(sorted);
  const at = sorted[0]?.at ?? 0;
  const drawn = new Set<Span>();
  const bars: Bar[] = [];
  const draw = (roots: readonly Span[]): void => {
    const waiting = roots.toReversed().map((span) => ({ span, depth: 0 }));
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { span, depth } = next;
      if (drawn.has(span)) continue;
      drawn.add(span);
      bars.push({ span, depth, offset: span.at - at });
      for (const child of (called.get(span.id) ?? []).toReversed()) waiting.push({ span: child, depth: depth + 1 });
    }
  };
  draw(called.get('') ?? []);
  draw(sorted);
  return { at, duration: Math.max(0, ...sorted.map((span) => span.at + span.duration - at)), bars };
};
