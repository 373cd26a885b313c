/** Sidecars: of several for one workload one counts, and imports that stand for nothing. */
import { against, doubtful, type ObjectRef, type Problem, type Resource, type SidecarSpec, wrong } from '@weft/model';
import { covers, isExported, type Mesh, type Sidecar } from '../mesh/index.ts';
import type { Facts, ObjectCheck } from './facts.ts';
import { namespaceProblems } from './namespace.ts';

type SidecarResource = Resource<SidecarSpec>;

const own = ({ metadata }: SidecarResource, mesh: Mesh): Sidecar | undefined =>
  mesh.sidecars.find(({ key }) => key === `${metadata.namespace}/${metadata.name}`);

const refOf = ({ key }: Sidecar): ObjectRef => {
  const [namespace = '', name = ''] = key.split('/');
  return { kind: 'Sidecar', namespace, name };
};

/** Those of its namespace that come before it: the mesh has the oldest first. */
const older = (sidecar: Sidecar, { sidecars }: Mesh): readonly Sidecar[] =>
  sidecars.slice(0, sidecars.indexOf(sidecar)).filter(({ namespace }) => namespace === sidecar.namespace);

const selectorProblems = (sidecar: Sidecar, facts: Facts): readonly Problem[] => {
  const { selector, namespace } = sidecar;
  if (!selector) return [];
  const selected = facts.wanted.select(namespace, selector);
  if (selected.length === 0)
    return [
      doubtful('IST0127', 'spec.workloadSelector.labels', [
        `the selector matches no workload of namespace \`${namespace}\``,
        'Correct the labels or the namespace.',
      ]),
    ];
  const rivals = older(sidecar, facts.mesh).flatMap((rival) => {
    const both = rival.selector && facts.wanted.select(namespace, rival.selector).find((workload) => selected.includes(workload));
    return both ? [{ rival, both }] : [];
  });
  return rivals
    .slice(0, 1)
    .map(({ rival, both }) =>
      against(
        refOf(rival),
        wrong('IST0110', 'spec.workloadSelector.labels', [
          `Sidecar \`${rival.key}\` is older and selects workload \`${both.name}\` too: for that one it counts, and this one does not`,
          'Give each workload one Sidecar.',
        ]),
      ),
    );
};

const wholeProblems = (sidecar: Sidecar, { mesh }: Facts): readonly Problem[] => {
  if (sidecar.selector) return [];
  const rival = older(sidecar, mesh).find(({ selector }) => !selector);
  if (!rival) return [];
  return [
    against(
      refOf(rival),
      wrong('IST0111', '', [
        `Sidecar \`${rival.key}\` is older and is for the whole of namespace \`${sidecar.namespace}\` too: that one counts`,
        'Remove one of the two, or add a `workloadSelector`.',
      ]),
    ),
  ];
};

/** Of the root namespace's own, `.` is whoever reads it. */
const importProblems = (resource: SidecarResource, sidecar: Sidecar, facts: Facts): readonly Problem[] => {
  const { mesh } = facts;
  return sidecar.egress.flatMap(({ imports }, i) =>
    imports.flatMap(({ namespace, host }, k) => {
      const path = `spec.egress[${i}].hosts[${k}]`;
      if (host === '*') return namespaceProblems([{ path, namespace }], facts);
      if (namespace === '~' || !resource.spec.egress) return [];
      const from = namespace === '.' ? sidecar.namespace : namespace;
      if (namespace === '.' && sidecar.namespace === mesh.rules.rootNamespace) return [];
      const isOf = (owner: string) => from === '*' || owner === from;
      const known =
        mesh.services.some(
          (service) =>
            isOf(service.namespace) && covers(host, service.hostname) && isExported(service.exportTo, service.namespace, sidecar.namespace),
        ) ||
        mesh.routings.some((routing) => isOf(routing.namespace) && routing.hosts.some((one) => covers(host, one) || covers(one, host)));
      if (known) return [];
      return [
        doubtful('IST0101', path, [
          `no service${from === '*' ? '' : ` of namespace \`${from}\``} that is exported here is called \`${host}\`: nothing is imported`,
          'Correct the namespace or the host.',
        ]),
      ];
    }),
  );
};

const proxyProblems = ({ outboundTrafficPolicy }: Sidecar, facts: Facts): readonly Problem[] => {
  const proxy = outboundTrafficPolicy?.proxy;
  if (!proxy || facts.servicesAt(proxy.host).some(({ ports }) => ports.some(({ number }) => number === proxy.port))) return [];
  return [
    doubtful('IST0101', 'spec.outboundTrafficPolicy.egressProxy', [
      `no service is called \`${proxy.host}\` and has port ${proxy.port ?? 0}: what is in no registry is refused`,
      'Correct the host or the port.',
    ]),
  ];
};

export const sidecars: ObjectCheck<'Sidecar'> = {
  kind: 'Sidecar',
  reads: ['sidecars', 'services', 'routings', 'rules'],
  depends: (_, { mesh, wanted }) => [mesh.sidecars, mesh.services, mesh.routings, mesh.rules, wanted],
  problems: (resource, facts) => {
    const sidecar = own(resource, facts.mesh);
    if (!sidecar) return [];
    return [
      ...selectorProblems(sidecar, facts),
      ...wholeProblems(sidecar, facts),
      ...importProblems(resource, sidecar, facts),
      ...proxyProblems(sidecar, facts),
    ];
  },
};
