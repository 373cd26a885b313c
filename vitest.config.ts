import { defineConfig } from 'vitest/config';
import { CountReporter } from './scripts/count-reporter.ts';

/**
 * Three projects, one after another. Libraries are pure, so their tests share one realm (3x faster); programs touch the
 * platform and get a fresh one for each file; a whole mesh is some forty processes, so meshes have the machine to themselves.
 * Tests with a long version read WEFT_LONG themselves.
 */
const meshes = ['e2e/*.test.ts', 'e2e/telemetry/{counts,prometheus,told,why}.test.ts', 'agent/src/{runtime,rootless}.test.ts'];
const exclude = ['**/node_modules/**', '**/dist/**'];
/** Two cores are the reference machine; tests that start Envoys wait more than they compute. */
const maxWorkers = Number(process.env.WEFT_TEST_WORKERS ?? 2);
/** For what hangs; how long something may take is said by the test that promises it. A busy machine is no failure. */
const patience = { testTimeout: 120_000, hookTimeout: 180_000 };
const globalSetup = 'scripts/envoy-for-tests.ts';

export default defineConfig({
  test: {
    reporters: ['default', new CountReporter()],
    projects: [
      {
        test: {
          name: 'libraries',
          include: ['{model,envoy,compile,signals}/src/**/*.test.ts', 'compile/{golden,property,faults}/**/*.test.ts'],
          exclude,
          globalSetup,
          pool: 'threads',
          isolate: false,
          ...patience,
          maxWorkers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'programs',
          include: ['{weftd,agent,cli}/src/**/*.test.ts', '{e2e,bench,scripts,examples}/**/*.test.ts'],
          exclude: [...exclude, ...meshes],
          globalSetup,
          pool: 'forks',
          ...patience,
          maxWorkers,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'meshes',
          include: meshes,
          exclude,
          globalSetup,
          pool: 'forks',
          ...patience,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
