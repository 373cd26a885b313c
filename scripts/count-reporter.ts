import type { Reporter, TestCase, TestModule } from 'vitest/node';

const nameOf = (test: TestCase): string => `${test.module.relativeModuleId} > ${test.fullName}`;

/** A module that could not be loaded, and a suite whose hook failed, have no failed test of their own. */
const brokenOutside = (module: TestModule): number => {
  const suites = [...module.children.allSuites()].filter((suite) => suite.errors().length > 0).length;
  return suites + (module.errors().length > 0 ? 1 : 0);
};

/** Counts and names every skipped test, then ends the output with a line that any program can read: `N passed, N failed`. */
export class CountReporter implements Reporter {
  private lastLines = '';

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const passed = tests.filter((test) => test.result().state === 'passed');
    const failed = tests.filter((test) => test.result().state === 'failed');
    const skipped = tests.filter((test) => test.result().state === 'skipped' || test.result().state === 'pending');
    const broken = modules.reduce((sum, module) => sum + brokenOutside(module), 0) + unhandled.length;
    const skips = skipped.length > 0 ? [`${skipped.length} skipped:`, ...skipped.map((test) => `  ${nameOf(test)}`)] : [];
    this.lastLines = [...skips, `${passed.length} passed, ${failed.length + broken} failed`, ''].join('\n');
    // Other reporters print their summaries at the same event: ours comes when all is said.
    process.once('exit', () => process.stdout.write(this.lastLines));
  }
}
