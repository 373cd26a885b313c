/** Records as they come, also over a restart of weftd: it goes on behind the last one that came. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoredRecord } from '@weft/signals';
import type { Api, RecordsQuery } from '../api/client.ts';
import { Refusal } from '../api/http.ts';

/** weftd is started again by whoever started it; where it stays away the mesh has ended. */
const patienceMs = 30_000;
const retryMs = 500;

export interface Following {
  readonly api: Pick<Api, 'followRecords' | 'recordsState'>;
  readonly query: RecordsQuery;
  readonly onAway: () => void;
}

export async function* following({ api, query, onAway }: Following): AsyncIterable<StoredRecord> {
  let { last: after } = await api.recordsState();
  let awaySince: number | undefined;
  for (;;) {
    try {
      for await (const one of api.followRecords({ ...query, after })) {
        after = one.id;
        awaySince = undefined;
        yield one;
      }
    } catch (error) {
      // Asked again it would say the same.
      if (error instanceof Refusal && error.status < 500) throw error;
      if (performance.now() - (awaySince ?? Number.POSITIVE_INFINITY) > patienceMs) throw error;
    }
    if (awaySince === undefined) onAway();
    awaySince ??= performance.now();
    await sleep(retryMs);
  }
}
