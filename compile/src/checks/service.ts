/** Services: nobody behind them, ports that nobody has, and quarrels about the protocol of one port. */
import { against, doubtful, type Problem, type Resource, type ServiceSpec } from '@weft/model';
import { type Backend, clusterDomain, type Protocol, selects } from '../mesh/index.ts';
import type { Facts, ObjectCheck, Wanted } from './facts.ts';

type Service = Resource<ServiceSpec>;

const backendOf = ({ metadata }: Service, { mesh }: Facts): Backend | undefined =>
  mesh.backends.get(`${metadata.namespace}/${metadata.name}.${metadata.namespace}.svc.${clusterDomain}`);

const nobody = ({ metadata }: Service): Problem =>
  doubtful('IST0127', 'spec.selector', [
    `the selector matches no workload of namespace \`${metadata.namespace}\`: the service has no endpoints`,
    'Correct the selector, or the labels of the workload.',
  ]);

const namedPortProblems = ({ spec }: Service, wanted: readonly Wanted[]): readonly Problem[] =>
  (spec.ports ?? []).flatMap(({ targetPort }, i) => {
    if (typeof targetPort !== 'string' || /^\d+$/.test(targetPort) || wanted.some(({ ports }) => Object.hasOwn(ports, targetPort)))
      return [];
    return [
      doubtful('WEFT0202', `spec.ports[${i}].targetPort`, [
        `no workload of the service has a port called \`${targetPort}\`: the port has no endpoints`,
        'Name the port in the container, or give its number.',
      ]),
    ];
  });

const protocolAt = ({ service, targets }: Backend, target: number | string): Protocol | undefined =>
  service.ports.find(({ number }) => targets.get(number) === target)?.protocol;

interface Rivalry extends Pick<Facts, 'owners'> {
  readonly rivals: readonly Backend[];
}

/** Of services that lead to one port of one workload the oldest gives the protocol [S85]. */
const protocolProblems = ({ spec }: Service, own: Backend, { rivals, owners }: Rivalry): readonly Problem[] =>
  (spec.ports ?? []).flatMap(({ port }, i) => {
    const target = own.targets.get(port) ?? port;
    const ours = own.service.ports.find(({ number }) => number === port)?.protocol;
    const other = rivals.find((rival) => {
      const theirs = protocolAt(rival, target);
      return theirs !== undefined && theirs !== ours;
    });
    if (!other) return [];
    const problem = doubtful('IST0116', `spec.ports[${i}]`, [
      `Service \`${other.service.hostname}\` is older, leads to the same workloads' port ${target} and calls it ${protocolAt(other, target)}, not ${ours}: that counts`,
      'Give the port one protocol.',
    ]);
    const owner = owners.get(other.service.key);
    return [owner ? against(owner, problem) : problem];
  });

/** Older services that select one of the workloads too. */
const rivalsOf = (own: Backend, wanted: readonly Wanted[], facts: Facts): readonly Backend[] => {
  const inNamespace = facts.backendsIn(own.service.namespace);
  return inNamespace
    .slice(0, inNamespace.indexOf(own))
    .filter(({ selector }) => selector && wanted.some(({ labels }) => selects(selector, labels)));
};

export const services: ObjectCheck<'Service'> = {
  kind: 'Service',
  reads: ['backends'],
  depends: ({ metadata }, facts) => [facts.wanted, facts.backendsIn(metadata.namespace)],
  problems: (resource, facts) => {
    const own = backendOf(resource, facts);
    if (!own?.selector) return [];
    const wanted = facts.wanted.select(own.service.namespace, own.selector);
    if (wanted.length === 0) return [nobody(resource)];
    return [
      ...namedPortProblems(resource, wanted),
      ...protocolProblems(resource, own, { rivals: rivalsOf(own, wanted, facts), owners: facts.owners }),
    ];
  },
};
