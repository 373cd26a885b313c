/** `node bench/telemetry.ts`: what keeping the metrics of a large mesh costs, and how long questions about a day of it take. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseArgs } from 'node:util';
import type { SignalsSearch } from '@weft/model';
import { goldenSignals, type SignalsQuery } from '@weft/signals';
import { type Metrics, openMetrics } from '../weftd/src/telemetry/metrics/metrics.ts';
import { tiers } from '../weftd/src/telemetry/metrics/tiers.ts';
import { readingsOf, type Size } from './telemetry-pages.ts';

const { values } = parseArgs({
  options: {
    proxies: { type: 'string', default: '1000' },
    sets: { type: 'string', default: '200' },
    pods: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '6' },
  },
});

const size: Size = { proxies: Number(values.proxies), sets: Number(values.sets), podsOfEach: Number(values.pods) };
const interval = 10_000;
const day = 86_400_000;
/** The start of a day. */
const start = 1_799_971_200_000;

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const folder = mkdtempSync(join(tmpdir(), 'weft-bench-'));
const path = join(folder, 'metrics.db');
const open = (now: number): Metrics => openMetrics(path, { maxBytes: 1e12, maxSeries: 5e6, maxTopologyBytes: 1e12, now });
const say = (text: string): void => console.log(text);

interface Round {
  readonly cpu: number;
  readonly megabytes: number;
}

/** Only what the store does is counted, not how its pages are made up. */
const take = (store: Metrics, round: number): Round => {
  const at = start + round * interval;
  let cpu = 0;
  let megabytes = 0;
  for (const readings of readingsOf(size, round, at)) {
    const before = cpuSeconds();
    store.add(readings);
    cpu += cpuSeconds() - before;
    megabytes += readings.reduce((sum, { page }) => sum + page.length, 0) / 1e6;
  }
  const before = cpuSeconds();
  store.commit(at, 1);
  return { cpu: cpu + cpuSeconds() - before, megabytes };
};

const ingestion = (): void => {
  const store = open(start);
  say(`${size.proxies} proxies, ${size.sets} label sets each, four metrics, every ten seconds`);
  const costs: number[] = [];
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    const { cpu, megabytes } = take(store, round);
    // The first one learns all the series.
    if (round > 1) costs.push(cpu);
    const memory = Math.round(process.memoryUsage().rss / 1e6);
    say(
      `  round ${round}: ${cpu.toFixed(2)} s of CPU for ${megabytes.toFixed(0)} MB of pages; ${memory} MB of memory with what makes them up`,
    );
  }
  const mean = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
  say(
    `  CPU: ${(mean / 10).toFixed(2)} cores (at most 1); series: ${store.state().series}; file: ${Math.round(statSync(path).size / 1e6)} MB`,
  );
  store.close();
};

/** A day as if each step had been as the ones that were taken. */
const fillDay = (): void => {
  const db = new DatabaseSync(path);
  const minute = db.prepare('SELECT shard, bytes FROM chunk WHERE step = ? AND at = ?');
  const put = db.prepare('INSERT OR REPLACE INTO chunk (step, at, shard, bytes) VALUES (?, ?, ?, ?)');
  const look = db.prepare('INSERT OR IGNORE INTO look (step, at, looked) VALUES (?, ?, 1)');
  const reached = db.prepare('INSERT OR REPLACE INTO tier (step, summed, kept) VALUES (?, ?, 0)');
  const chunks = minute.all(interval, start + interval);
  db.exec('BEGIN');
  for (const { step, keep } of tiers) {
    for (let at = Math.max(start, start + day - keep); at < start + day; at += step) {
      for (const { shard, bytes } of chunks) put.run(step, at, shard ?? 0, bytes ?? null);
      look.run(step, at);
    }
    reached.run(step, start + day);
  }
  db.exec('COMMIT');
  db.close();
};

const workload = { destination_service_name: ['workload-7'] };
const now = { to: start + day };
const lastHour = { ...now, from: start + day - 3_600_000 };
const whole = { ...now, from: start };

/** What a console asks for its pages. */
const questions: Readonly<Record<string, SignalsSearch>> = {
  'the mesh over a day, by five minutes': { of: 'mesh', ...whole, step: 300_000 },
  'all services over a day': { of: 'service', ...whole },
  'all namespaces over a day': { of: 'namespace', ...whole },
  'all workloads over the last hour': { of: 'workload', ...lastHour },
  'one service over a day, by five minutes': { of: 'service', ...whole, step: 300_000, where: workload },
  'one service over the last hour, by minutes': { of: 'service', ...lastHour, step: 60_000, where: workload },
  'callers of one service over a day': { of: 'edge', ...whole, where: workload },
  'all edges over ten minutes': { of: 'edge', ...now, from: start + day - 600_000 },
};

const ask = async (): Promise<void> => {
  const store = open(start + day);
  const query: SignalsQuery = {
    counters: async (question) => store.counters(question),
    histograms: async (question) => store.histograms(question),
    gauges: async (question) => store.gauges(question),
  };
  for (const [name, search] of Object.entries(questions)) {
    const times: number[] = [];
    for (let index = 0; index < 10; index += 1) {
      const before = performance.now();
      await goldenSignals(query, search);
      times.push(performance.now() - before);
    }
    times.sort((a, b) => a - b);
    say(`  ${name}: ${times[5]?.toFixed(0)} ms, p95 ${times[9]?.toFixed(0)} ms (at most 200)`);
  }
  store.close();
};

try {
  ingestion();
  fillDay();
  say(`questions; the file of a day has ${Math.round(statSync(path).size / 1e6)} MB`);
  await ask();
} finally {
  rmSync(folder, { recursive: true });
}
