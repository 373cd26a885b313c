/** Lines of instances as they are written: application and proxy, merged in the order in which they come. */
import { useEffect, useState } from 'react';
import { refusalIn } from '../api/get.ts';

export interface LogSource {
  readonly namespace: string;
  readonly pod: string;
  /** Absent: the application's own. */
  readonly container?: 'envoy';
}

export interface LogLine {
  readonly id: number;
  readonly pod: string;
  readonly by: 'application' | 'envoy';
  readonly text: string;
}

export interface LogStream {
  readonly lines: readonly LogLine[];
  /** Why one of them could not be read, in weftd's words. */
  readonly failures: readonly string[];
}

/** What a page holds of them; older lines go. */
const kept = 5_000;
const tail = 200;
/** Lines that come together are drawn together. */
const gatherMs = 200;

const pathOf = ({ namespace, pod, container }: LogSource): string =>
  `/api/v1/pods/${encodeURIComponent(namespace)}/${encodeURIComponent(pod)}/logs?follow=true&tail=${tail}${container ? `&container=${container}` : ''}`;

const readLines = async (
  source: LogSource,
  { signal, take }: { readonly signal: AbortSignal; readonly take: (text: string) => void },
): Promise<void> => {
  const answer = await fetch(pathOf(source), { signal });
  if (!answer.ok || !answer.body) throw await refusalIn(answer);
  let rest = '';
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(take);
  }
  if (rest !== '') take(rest);
};

const nothing: LogStream = { lines: [], failures: [] };

/** Reads until the page is left or paused; what was read stays. @param key says when `sources` are others */
export const useLogs = (sources: readonly LogSource[], { key, paused }: { readonly key: string; readonly paused: boolean }): LogStream => {
  const [stream, setStream] = useState(nothing);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for `sources`
  useEffect(() => {
    if (paused) return;
    setStream(nothing);
    const abort = new AbortController();
    let waiting: LogLine[] = [];
    let id = 0;
    for (const source of sources) {
      const by = source.container ?? 'application';
      const take = (text: string): void => {
        waiting.push({ id, pod: source.pod, by, text });
        id += 1;
      };
      readLines(source, { signal: abort.signal, take }).catch((error: unknown) => {
        if (abort.signal.aborted) return;
        const failure = `${source.pod} (${by}): ${error instanceof Error ? error.message : String(error)}`;
        setStream(({ lines, failures }) => ({ lines, failures: [...failures, failure] }));
      });
    }
    const timer = setInterval(() => {
      if (waiting.length === 0) return;
      const fresh = waiting;
      waiting = [];
      setStream(({ lines, failures }) => ({ lines: [...lines, ...fresh].slice(-kept), failures }));
    }, gatherMs);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [key, paused]);
  return stream;
};
