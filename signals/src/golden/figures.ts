/** What was measured of one subject → its golden signals. */
import type { ErrorReason, Figures, Latency } from '@weft/model';
import { meaningOf, readFlags } from '../errors/flags.ts';
import { grpcStatus } from '../errors/grpc.ts';
import { isFailure } from '../objective/events.ts';
import { type Histogram, mergeHistograms, quantile, total } from '../series/histogram.ts';
import type { Answers, Observed } from './observed.ts';
import type { Perspective } from './subjects.ts';

const sum = (amounts: readonly number[]): number => amounts.reduce((all, amount) => all + amount, 0);

export const isFailed = ({ code, grpcStatus: status }: Answers): boolean => isFailure({ code, grpcStatus: status });

export const latencyOf = (durations: readonly Histogram[]): Latency | undefined => {
  const merged = mergeHistograms(durations);
  const all = total(merged);
  const at = (q: number): number => quantile(merged, q, all)?.value ?? 0;
  return all === 0 ? undefined : { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99) };
};

/** @param length of the time that they were observed in, in milliseconds */
export const figuresOf = (all: readonly Observed[], length: number): Figures => {
  let [requests, failed] = [0, 0];
  for (const { answers } of all) {
    for (const answer of answers) {
      requests += answer.amount;
      if (isFailed(answer)) failed += answer.amount;
    }
  }
  const latency = latencyOf(all.length === 1 ? (all[0]?.durations ?? []) : all.flatMap(({ durations }) => durations));
  return {
    requests,
    requestsPerSecond: (requests * 1_000) / length,
    failed,
    ...(requests > 0 && { failedShare: failed / requests }),
    ...(latency && { latency }),
    connectionsOpened: sum(all.map(({ opened }) => opened)),
    connectionsClosed: sum(all.map(({ closed }) => closed)),
    bytesReceived: sum(all.map(({ received }) => received)),
    bytesSent: sum(all.map(({ sent }) => sent)),
  };
};

const wordsOf = ({ code, grpcStatus: status, flags }: Answers, seenBy: Perspective): string => {
  const [flag] = readFlags(flags);
  if (flag) return meaningOf(flag, seenBy === 'callers' ? 'caller' : 'server').words;
  const grpc = grpcStatus(status);
  return grpc && status !== '0' ? `the application answered ${grpc.name}: ${grpc.words}` : `the application answered ${code}`;
};

/** Why requests failed, most first. A caller that went away before there was an answer is told too, though nobody failed it. */
export const reasonsOf = (all: readonly Observed[], seenBy: Perspective): readonly ErrorReason[] => {
  const told = all.flatMap(({ answers }) => answers).filter((answer) => isFailed(answer) || answer.code === '0');
  const alike = Map.groupBy(told, ({ code, grpcStatus: status, flags }) => `${code} ${status} ${flags}`);
  return [...alike.values()]
    .flatMap((same): ErrorReason[] => {
      const [first] = same;
      if (!first) return [];
      const flag = readFlags(first.flags).join();
      const grpc = grpcStatus(first.grpcStatus);
      return [
        {
          ...(flag !== '' && { flag }),
          code: first.code,
          ...(grpc && { grpcStatus: grpc.name }),
          words: wordsOf(first, seenBy),
          requests: sum(same.map(({ amount }) => amount)),
        },
      ];
    })
    .sort((a, b) => b.requests - a.requests);
};
