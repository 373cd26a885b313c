import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** @returns once more can be written, or nobody reads any more; nothing goes on listening then */
export const drained = async (to: Writable): Promise<void> => {
  if (to.destroyed || !to.writableNeedDrain) return;
  const over = new AbortController();
  const { signal } = over;
  try {
    await Promise.race([once(to, 'drain', { signal }), once(to, 'close', { signal })]);
  } finally {
    over.abort();
  }
};
