/**
 * Loaded into weftd with `--import`: the longest time in which its event loop did nothing else. The file named by
 * WEFT_BENCH_LOOP is written on SIGUSR2, and the measurement begins anew.
 */
import { writeFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const everyMs = 5;
const file = process.env.WEFT_BENCH_LOOP;

if (isMainThread && file !== undefined) {
  let last = performance.now();
  let longest = 0;
  setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - everyMs);
    last = now;
  }, everyMs).unref();
  process.on('SIGUSR2', () => {
    writeFileSync(file, `${longest}\n`);
    longest = 0;
  });
}
