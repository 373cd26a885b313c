/** What the owners of objects should know of them beside each other; what one object alone can say is `parse`'s. */
import type { Finding, SupportedKind } from '@weft/model';
import type { Mesh } from '../mesh/index.ts';
import { type Input, nameOf } from '../passes/input.ts';
import { alertRoutes, alertRules, objectives, saturations } from './alerting.ts';
import { authorizationPolicies } from './authorization-policy.ts';
import { authorizers } from './authorizer.ts';
import { deployments, pods } from './capture.ts';
import { type Checked, concerned } from './concerned.ts';
import { destinationRules } from './destination-rule.ts';
import { type Facts, factsOf, type ObjectCheck } from './facts.ts';
import { findingOf } from './finding.ts';
import { gateways } from './gateway.ts';
import { headlessServices } from './headless.ts';
import { meshConfigs } from './mesh-secrets.ts';
import { peerAuthentications } from './peer-authentication.ts';
import { policySums } from './policy-sums.ts';
import { proxyConfigs } from './proxy-config.ts';
import { requestAuthentications } from './request-authentication.ts';
import { ruleTls } from './rule-tls.ts';
import { services } from './service.ts';
import { serviceEntries } from './service-entry.ts';
import { sidecars } from './sidecar.ts';
import { telemetries } from './telemetry.ts';
import { virtualServices } from './virtual-service.ts';
import { workloadEntries } from './workload-entry.ts';

/** The same object beside the same others has the same findings. */
const run = <K extends SupportedKind>(check: ObjectCheck<K>, { of, memo }: Input, facts: Facts): readonly Finding[] => {
  const checked: Checked<K> = {
    resources: of(check.kind),
    parts: check.reads.map((part) => facts.mesh[part]),
    others: [facts.everyWanted, facts.namespaces, ...(check.beside?.(facts) ?? [])],
  };
  const findings = memo.each(`findings of ${check.about ?? check.kind}`, {
    items: checked.resources,
    name: nameOf,
    context: [checked.resources, ...checked.parts, ...checked.others],
    inputs: (resource) => [resource, facts.namespaces, ...check.depends(resource, facts)],
    concerned: ([resources, ...before]) =>
      concerned(
        check,
        {
          resources: resources as Checked<K>['resources'],
          parts: before.slice(0, checked.parts.length),
          others: before.slice(checked.parts.length),
        },
        checked,
      ),
    make: (resource) => check.problems(resource, facts).map((problem) => findingOf(resource, problem)),
  });
  return findings.flat();
};

/** In the order in which a request meets them. */
export const check = (input: Input, mesh: Mesh): readonly Finding[] => {
  const facts = factsOf(input, mesh);
  return [
    ...run(meshConfigs(input), input, facts),
    ...run(deployments, input, facts),
    ...run(pods, input, facts),
    ...run(services, input, facts),
    ...run(headlessServices, input, facts),
    ...run(serviceEntries, input, facts),
    ...run(workloadEntries, input, facts),
    ...run(gateways, input, facts),
    ...run(virtualServices, input, facts),
    ...run(destinationRules, input, facts),
    ...run(ruleTls, input, facts),
    ...run(peerAuthentications, input, facts),
    ...run(requestAuthentications, input, facts),
    ...run(authorizationPolicies, input, facts),
    ...run(policySums, input, facts),
    ...run(authorizers, input, facts),
    ...run(sidecars, input, facts),
    ...run(proxyConfigs(input), input, facts),
    ...run(telemetries(input), input, facts),
    ...run(objectives(input), input, facts),
    ...run(alertRules(input), input, facts),
    ...run(saturations, input, facts),
    ...run(alertRoutes(input), input, facts),
  ];
};
