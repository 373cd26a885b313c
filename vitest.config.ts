import { defineConfig } from 'vitest/config';
import { CountReporter } from './scripts/count-reporter.ts';
import { LongestFirst } from './scripts/longest-first.ts';

const exclude = ['**/node_modules/**', '**/dist/**'];
/** Of two cores, the reference machine: whole meshes wait as long as they work. */
const maxWorkers = Number(process.env.WEFT_TEST_WORKERS ?? 3);
/** For what hangs; how long something may take is said by the test that promises it. A busy machine is no failure. */
const patience = { testTimeout: 120_000, hookTimeout: 180_000 };
const globalSetup = ['scripts/envoy-for-tests.ts', 'scripts/compiled-for-tests.ts'];

/**
 * Two projects at once. Libraries are pure, so their tests share one realm (3x faster); programs touch the platform and get a
 * fresh one for each file. Tests with a long version read WEFT_LONG themselves.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    reporters: ['default', new CountReporter()],
    projects: [
      {
        test: {
          name: 'libraries',
          include: ['{model,envoy,compile,signals,dashboard}/src/**/*.test.ts', 'compile/{golden,property,faults}/**/*.test.ts'],
          exclude,
          globalSetup,
          pool: 'threads',
          isolate: false,
          ...patience,
          maxWorkers,
        },
      },
      {
        test: {
          name: 'programs',
          include: ['{weftd,agent,cli}/src/**/*.test.ts', '{e2e,bench,scripts,examples}/**/*.test.ts'],
          exclude,
          globalSetup,
          pool: 'forks',
          ...patience,
          maxWorkers,
        },
      },
    ],
  },
});
