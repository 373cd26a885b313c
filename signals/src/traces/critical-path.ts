/** Which spans a trace waited for: what made it take as long as it took. */
import type { Span, Trace } from '@weft/model';

const endOf = ({ at, duration }: Span): number => at + duration;

/** The spans of a trace that nobody called, or whose caller told nothing. */
const rootsOf = (spans: readonly Span[]): readonly Span[] => {
  const known = new Set(spans.map(({ id }) => id));
  return spans.filter(({ parent }) => parent === undefined || !known.has(parent));
};

/**
 * From the end backwards: a span waits for the one among those it called that ended last, and before that one began, for the one that had ended
 * last by then. Clocks of proxies differ, so a call that ends a moment after its caller counts as ending with it.
 */
export const criticalPath = ({ spans }: Trace): ReadonlySet<string> => {
  const called = Map.groupBy(spans, ({ parent }) => parent ?? '');
  const path = new Set<string>();
  const last = rootsOf(spans).toSorted((a, b) => endOf(b) - endOf(a))[0];
  const waiting = last ? [last] : [];
  for (let span = waiting.pop(); span; span = waiting.pop()) {
    // What tells of itself as its own caller is on the way once.
    if (path.has(span.id)) continue;
    path.add(span.id);
    let until = endOf(span);
    for (const child of (called.get(span.id) ?? []).toSorted((a, b) => endOf(b) - endOf(a))) {
      const isFirst = until === endOf(span);
      if (!isFirst && endOf(child) > until) continue;
      waiting.push(child);
      until = child.at;
    }
  }
  return path;
};
