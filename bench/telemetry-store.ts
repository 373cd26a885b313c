/** The process whose memory and processor time are measured: weftd's telemetry thread, and the thread that asks it, with nothing else. */
import { readFileSync } from 'node:fs';
import { startTelemetry } from '../weftd/src/telemetry/worker/thread.ts';

export interface Usage {
  /** Megabytes: now, and the most that it ever was. */
  readonly memory: number;
  readonly most: number;
  /** Seconds: of all threads, and of that which only hands over what comes to this process. */
  readonly cpu: number;
  readonly handing: number;
}

export interface Call {
  /** Absent: of metrics. */
  readonly store?: 'metrics' | 'records' | 'traces';
  readonly method: string;
  readonly given: readonly unknown[];
}

const [, , directory = '', now = ''] = process.argv;
const kept = { maxBytes: 1e12, maxAgeMs: 1e12 };

const telemetry = await startTelemetry({
  directory,
  options: () => ({
    ...{ records: kept, traces: kept, outbox: kept, events: { ...kept, maxEvents: 1000 } },
    metrics: { ...kept, maxSeries: 1_000_000, topology: kept, now: Number(now) },
  }),
  onTrouble: (message) => console.error(message),
});

const megabytes = (name: string): number =>
  Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1_000);

const usage = (): Usage => {
  const { user, system } = process.cpuUsage();
  const own = process.threadCpuUsage();
  return {
    memory: megabytes('VmRSS'),
    most: megabytes('VmHWM'),
    cpu: (user + system) / 1e6,
    handing: (own.user + own.system) / 1e6,
  };
};

const answerOf = async ({ store = 'metrics', method, given }: Call): Promise<unknown> => {
  if (method === 'usage') return usage();
  if (method === 'stop') return telemetry.stop();
  const methods = telemetry[store] as unknown as Readonly<Record<string, (...given: readonly unknown[]) => Promise<unknown>>>;
  return methods[method]?.(...given);
};

process.on('message', async (call: Call) => {
  const before = performance.now();
  const { user, system } = process.cpuUsage();
  const value = await answerOf(call);
  const after = process.cpuUsage();
  const cpu = (after.user + after.system - user - system) / 1_000;
  // A large answer is not to be measured again on its way to who measures.
  const told = value instanceof Uint8Array ? value.length : call.store ? JSON.stringify(value).length : value;
  process.send?.({ value: told, ms: performance.now() - before, cpu });
  if (call.method === 'stop') process.disconnect();
});
process.send?.({ value: 'ready' });
