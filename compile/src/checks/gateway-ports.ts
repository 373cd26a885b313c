/** Policies that are for gateways only, about ports that these do not have: they would match nothing, and a DENY keep nobody out. */
import { type AuthorizationPolicySpec, gatewayNameLabel, type Problem, type Resource, targetKind, targetsOf, wrong } from '@weft/model';
import { selects } from '../mesh/index.ts';
import { gatewaysOf, mergeGateways } from '../scope/gateway-listeners.ts';
import type { Facts, Wanted } from './facts.ts';

type Policy = Resource<AuthorizationPolicySpec>;

/** Whom the policy says that it is for; one without a word of it is for others too. */
const selected = ({ metadata: { namespace }, spec }: Policy, { everyWanted, wanted, mesh }: Facts): readonly Wanted[] => {
  const targets = targetsOf(spec);
  if (targets) {
    const gateways = targets.filter((target) => targetKind(target) === 'gateway.networking.k8s.io/Gateway');
    return gateways.length < targets.length ? [] : gateways.flatMap(({ name }) => wanted.select(namespace, { [gatewayNameLabel]: name }));
  }
  const labels = spec.selector?.matchLabels ?? {};
  if (Object.keys(labels).length === 0) return [];
  return namespace === mesh.rules.rootNamespace
    ? everyWanted.filter((one) => selects(labels, one.labels))
    : wanted.select(namespace, labels);
};

interface Named {
  readonly at: string;
  readonly port: number;
}

const namedIn = ({ spec: { rules = [] } }: Policy): readonly Named[] =>
  rules.flatMap(({ to = [], when = [] }, rule) => {
    const named = (values: readonly string[] | undefined, path: string): readonly Named[] =>
      (values ?? []).map((value, index) => ({ at: `spec.rules[${rule}].${path}[${index}]`, port: Number(value) }));
    return [
      ...to.flatMap(({ operation }, index) => named(operation?.ports, `to[${index}].operation.ports`)),
      ...when.flatMap(({ key, values }, index) => (key === 'destination.port' ? named(values, `when[${index}].values`) : [])),
    ];
  });

/** As Gateways call them and as they are listened on. */
const portsOf = (gateway: Wanted, { mesh }: Facts): readonly number[] =>
  mergeGateways(mesh, gateway, gatewaysOf(mesh, gateway.labels)).ports.flatMap(({ port, members }) => [
    port,
    ...members.map(({ listener }) => listener.port),
  ]);

/** What `gatewayPortProblems` looks at beside the object, where it names ports. */
export const gatewayPortInputs = (resource: Policy, { mesh }: Facts): readonly unknown[] =>
  namedIn(resource).length === 0 ? [] : [mesh.gateways];

export const gatewayPortProblems = (resource: Policy, facts: Facts): readonly Problem[] => {
  const named = namedIn(resource);
  if (named.length === 0) return [];
  const all = selected(resource, facts);
  if (all.length === 0 || all.some(({ labels }) => gatewaysOf(facts.mesh, labels).length === 0)) return [];
  const ports = new Set(all.flatMap((gateway) => portsOf(gateway, facts)));
  return named
    .filter(({ port }) => !ports.has(port))
    .map(({ at, port }) =>
      wrong('WEFT0202', at, [
        `no Gateway has port ${port} at the workloads that the policy is for, so the rule matches nothing there`,
        'Name a port of a Gateway, or give one a server on this port.',
      ]),
    );
};
