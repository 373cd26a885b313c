/** Records as they come: one answer of weftd that does not end, a line for each. */
import type { StoredRecord } from '@weft/signals';
import { at, type Query, refusalIn } from '../api/get.ts';

const linesIn = async function* (body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
};

/** Ends when weftd does, or by the signal. @throws Refused in weftd's words */
export const follow = async (query: Query, onRecord: (record: StoredRecord) => void, signal: AbortSignal): Promise<void> => {
  const answer = await fetch(`/api/v1${at('/records/follow', query)}`, { signal });
  if (!answer.ok || !answer.body) throw await refusalIn(answer);
  for await (const line of linesIn(answer.body)) onRecord(JSON.parse(line) as StoredRecord);
};
