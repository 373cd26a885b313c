/**
 * Traces in one file, `traces.db`: written as proxies tell of them, span by span and in any order; forgotten by age and by size, the oldest
 * first. Synchronous: it belongs on the telemetry thread.
 */
import type { Retention, Trace, TraceExemplar, TraceSearch, TraceSummary } from '@weft/model';
import { openDatabase } from '../../store/database.ts';
import type { Teller } from './otlp.ts';
import { readSpans } from './otlp.ts';
import { retentionIn } from './retention.ts';
import { migrations } from './schema.ts';
import { type ExemplarSearch, type Search, searchIn } from './search.ts';
import { writerIn } from './write.ts';

/** One message of a proxy, as it came. */
export interface ToldTraces {
  readonly bytes: Uint8Array;
  readonly teller: Teller;
  /** Unix milliseconds. */
  readonly received: number;
}

export interface Taken {
  readonly kept: number;
  /** Of traces that have too many already, or without ids. */
  readonly dropped: number;
}

export interface Traces {
  /** What it returns for is on disk. Throws, having kept nothing, where the bytes are no OTLP or the disk does not take it. */
  add(told: ToldTraces): Taken;
  find(search: TraceSearch): readonly TraceSummary[];
  trace(id: string): Trace | undefined;
  /** Newest first. */
  exemplars(search: ExemplarSearch): readonly TraceExemplar[];
  latest: Search['latest'];
  /** From now on. */
  retain(retention: Retention): void;
  maintain(now: number): void;
  close(): void;
}

export const openTraces = (path: string, options: Retention): Traces => {
  let retention = options;
  const database = openDatabase(path, migrations);
  const write = writerIn(database);
  const retained = retentionIn(database, () => retention);
  return {
    add: ({ bytes, teller, received }) => {
      const { spans, unusable } = readSpans(bytes, teller);
      const kept = database.transaction(() => write(spans, received));
      retained.bySize();
      return { kept, dropped: unusable + spans.length - kept };
    },
    ...searchIn(database),
    retain: (wanted) => {
      retention = wanted;
    },
    maintain: (now) => {
      retained.byAge(now);
      retained.bySize();
    },
    close: database.close,
  };
};
