import { defineConfig } from 'vitest/config';
import { CountReporter } from './scripts/count-reporter.ts';

/**
 * Two projects: libraries are pure, so their tests share one realm (3x faster); programs touch
 * the platform and get a fresh one for each file. Long tests (`*.long.test.ts`) run only with WEFT_LONG=1.
 */
const long = process.env.WEFT_LONG === '1' ? [] : ['**/*.long.test.ts'];
const exclude = ['**/node_modules/**', '**/dist/**', ...long];
/** Two cores are the reference machine; tests that start Envoys wait more than they compute. */
const workers = Number(process.env.WEFT_TEST_WORKERS ?? 2);

export default defineConfig({
  test: {
    reporters: ['default', new CountReporter()],
    maxWorkers: workers,
    projects: [
      {
        test: {
          name: 'libraries',
          include: ['{model,envoy,compile,signals}/src/**/*.test.ts', 'compile/golden/**/*.test.ts'],
          exclude,
          pool: 'threads',
          isolate: false,
        },
      },
      {
        test: {
          name: 'programs',
          include: ['{weftd,agent,cli}/src/**/*.test.ts', '{e2e,bench,scripts,examples}/**/*.test.ts'],
          exclude,
          pool: 'forks',
          testTimeout: 30_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
