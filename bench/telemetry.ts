/**
 * `node bench/telemetry.ts`: what keeping the metrics of a large mesh costs, and how long questions about a day of it take. What is measured is a
 * process of its own that has nothing but weftd's telemetry thread and the thread that hands pages to it; the pages are made up by another.
 * Figures are shown, nothing is asserted.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fillDay } from './telemetry-day.ts';
import { fillRecords, fillTraces, otherQuestions } from './telemetry-others.ts';
import { readingsOf, type Size } from './telemetry-pages.ts';
import { questions } from './telemetry-questions.ts';
import { type Measured, startStore } from './telemetry-remote.ts';

const { values } = parseArgs({
  options: {
    proxies: { type: 'string', default: '1000' },
    sets: { type: 'string', default: '200' },
    pods: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '14' },
    times: { type: 'string', default: '20' },
  },
});

const size: Size = { proxies: Number(values.proxies), sets: Number(values.sets), podsOfEach: Number(values.pods) };
const interval = 10_000;
const day = 86_400_000;
/** The start of a day. */
const start = 1_799_971_200_000;

const folder = mkdtempSync(join(tmpdir(), 'weft-bench-'));
const file = join(folder, 'metrics.db');
const say = (text: string): void => console.log(text);
const megabytesOf = (path: string): number => Math.round(statSync(path).size / 1e6);

const ingest = async (): Promise<void> => {
  const store = await startStore(folder, start);
  say(`${size.proxies} proxies, ${size.sets} label sets each, four metrics, every ten seconds; one process with the telemetry thread`);
  const costs: number[] = [];
  const handing: number[] = [];
  let before = await store.usage();
  say(`  idle: ${before.memory} MB`);
  for (let round = 1; round <= Number(values.rounds); round += 1) {
    const at = start + round * interval;
    let bytes = 0;
    for (const readings of readingsOf(size, round, at)) {
      bytes += readings.reduce((sum, { page }) => sum + page.length, 0);
      for (const reading of readings) await store.call('add', [reading]);
    }
    await store.call('commit', at, 1);
    const now = await store.usage();
    // The first one learns all the series.
    if (round > 1) {
      costs.push(now.cpu - before.cpu);
      handing.push(now.handing - before.handing);
    }
    const cost = (now.cpu - before.cpu).toFixed(2);
    say(`  round ${round}: ${cost} s of CPU for ${(bytes / 1e6).toFixed(0)} MB of pages; ${now.memory} MB, at most ${now.most} MB`);
    before = now;
  }
  const mean = (all: readonly number[]): number => all.reduce((sum, cost) => sum + cost, 0) / all.length;
  const { value } = await store.call('state');
  const { series } = value as { readonly series: number };
  const { most } = await store.usage();
  const [all, handed] = [mean(costs) / 10, mean(handing) / 10];
  say(`  CPU: ${(all - handed).toFixed(2)} cores (at most 1), and ${handed.toFixed(2)} to receive the pages and hand them over`);
  say(`  memory: at most ${most} MB (at most 600); series: ${series}; file: ${megabytesOf(file)} MB`);
  await store.stop();
};

const nth = (sorted: readonly number[], share: number): string => (sorted[Math.ceil(sorted.length * share) - 1] ?? 0).toFixed(0);

const told = (all: readonly Measured[]): string => {
  const [ms, cpu] = [all.map((one) => one.ms).sort((a, b) => a - b), all.map((one) => one.cpu).sort((a, b) => a - b)];
  const kilobytes = Math.round(Number(all[0]?.value) / 1_000);
  return `${nth(ms, 0.5)} ms, p95 ${nth(ms, 0.95)} ms (at most 200); of CPU ${nth(cpu, 0.5)}, p95 ${nth(cpu, 0.95)} ms; ${kilobytes} kB`;
};

const ask = async (): Promise<void> => {
  const store = await startStore(folder, start + day);
  for (const { name, ...call } of [...questions(start, start + day), ...otherQuestions(start, start + day)]) {
    const all: Measured[] = [];
    for (let index = 0; index < Number(values.times); index += 1) all.push(await store.ask(call));
    say(`  ${name}: ${told(all)}`);
  }
  const { memory, most } = await store.usage();
  say(`  memory after all of them: ${memory} MB, at most ${most} MB`);
  await store.stop();
};

try {
  await ingest();
  fillDay(file, { start, day, interval });
  fillTraces(join(folder, 'traces.db'), { start, day });
  fillRecords(join(folder, 'requests.db'), { start, day });
  say(`questions; the file of a day has ${megabytesOf(file)} MB`);
  await ask();
} finally {
  rmSync(folder, { recursive: true });
}
