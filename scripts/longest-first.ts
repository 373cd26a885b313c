import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** What takes more than ten seconds, by how long it takes. */
const longest: readonly string[] = [
  'e2e/console/console.test.ts',
  'e2e/examples.test.ts',
  'e2e/faults.test.ts',
  'e2e/alerts.test.ts',
  'e2e/telemetry/counts.test.ts',
  'e2e/routing.test.ts',
  'e2e/shop.test.ts',
  'e2e/first-byte.test.ts',
  'e2e/policies.test.ts',
  'e2e/telemetry/why.test.ts',
  'e2e/telemetry/prometheus.test.ts',
  'e2e/isolation.test.ts',
  'e2e/simulation/simulation.test.ts',
  'e2e/telemetry/telemetry.test.ts',
  'compile/property/property.test.ts',
  'weftd/src/app.test.ts',
  'agent/src/runtime.test.ts',
  'agent/src/rootless.test.ts',
  'e2e/modes.test.ts',
  'e2e/authorization/verdicts.test.ts',
  'e2e/rootless.test.ts',
  'e2e/gateways.test.ts',
  'e2e/relay/outage.test.ts',
  'e2e/telemetry/told.test.ts',
  'e2e/attacks/variants.test.ts',
  'e2e/relay/renewal.test.ts',
  'weftd/src/api/conditions.test.ts',
  'compile/golden/envoy.test.ts',
  'compile/faults/faults.test.ts',
  'cli/src/main.test.ts',
  'e2e/telemetry/hand-over.test.ts',
  'e2e/security/streams.test.ts',
];

/** Nobody is left waiting for what began last: libraries' many small files come at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const turn = ({ project, moduleId }: TestSpecification): number => {
      const place = longest.indexOf(relative(project.config.root, moduleId));
      return place >= 0 ? place : longest.length + (project.name === 'libraries' ? 1 : 0);
    };
    return (await super.sort(specifications)).sort((one, other) => turn(one) - turn(other));
  }
}
