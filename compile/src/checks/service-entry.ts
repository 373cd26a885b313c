import { against, doubtful, network, type Problem, type Resource, type ServiceEntrySpec } from '@weft/model';
import { isAddress, type Service } from '../mesh/index.ts';
import { anyAddress } from './claims.ts';
import type { Facts, ObjectCheck, Wanted } from './facts.ts';
import { audienceProblems } from './namespace.ts';
import { olderEntryProblems } from './older-entry.ts';

type ServiceEntry = Resource<ServiceEntrySpec>;

const services = ({ metadata, spec }: ServiceEntry, facts: Facts): readonly (Service | undefined)[] =>
  spec.hosts.map((host) => facts.mesh.backends.get(`${metadata.namespace}/${host.toLowerCase()}`)?.service);

const isSocketAddress = (address: string): boolean => address.startsWith('unix://');

const selectorOf = ({ spec }: ServiceEntry) => (spec.endpoints?.length ? undefined : spec.workloadSelector?.labels);

/** An address and port lead to one service: the first of those that a namespace sees. */
const addressProblems = (entry: ServiceEntry, facts: Facts): readonly Problem[] =>
  (entry.spec.addresses ?? []).flatMap((address, i) => {
    const own = services(entry, facts).filter((service) => service !== undefined);
    const claims = (entry.spec.ports ?? []).flatMap(({ number }) => facts.claims.get(`${network(address)}:${number}`) ?? []);
    const first = claims.find((service) => !own.includes(service));
    if (!first || own.includes(claims[0] ?? first)) return [];
    const problem = doubtful('WEFT0205', `spec.addresses[${i}]`, [
      `\`${first.hostname}\` of namespace \`${first.namespace}\` has address ${address} already: where both are seen, it leads there`,
      'Give each service an address of its own.',
    ]);
    const owner = facts.owners.get(first.key);
    return [owner ? against(owner, problem) : problem];
  });

/** Where the address does not tell services apart, their port must: sidecars listen once (Istio's `mergeTCPFilterChains`). */
const portProblems = (entry: ServiceEntry, facts: Facts): readonly Problem[] =>
  (entry.spec.ports ?? []).flatMap(({ number }, i) => {
    const own = services(entry, facts);
    const claims = facts.claims.get(`${anyAddress}:${number}`) ?? [];
    const [first] = claims;
    if (!first || own.includes(first) || !own.some((service) => service && claims.includes(service))) return [];
    const problem = doubtful('WEFT0206', `spec.ports[${i}]`, [
      `without an address, connections to port ${number} are \`${first.hostname}\`'s of namespace \`${first.namespace}\` where both are seen`,
      'Give each service addresses of its own.',
    ]);
    const owner = facts.owners.get(first.key);
    return [owner ? against(owner, problem) : problem];
  });

/** Selected workloads whose addresses the resolution cannot use; `parse` sees those that the entry itself writes down. */
const unfitProblems = ({ metadata, spec }: ServiceEntry, selected: readonly Wanted[]): readonly Problem[] => {
  const { resolution = 'NONE' } = spec;
  const unfit = selected.filter(({ address = '' }) => {
    if (resolution === 'STATIC') return address !== '' && !isSocketAddress(address) && !isAddress(address);
    return resolution.startsWith('DNS') && isSocketAddress(address);
  });
  if (unfit.length === 0) return [];
  const names = unfit.map(({ name }) => `\`${metadata.namespace}/${name}\``).join(', ');
  const why = resolution === 'STATIC' ? 'is no IP address, as `STATIC` needs' : 'is a Unix socket, which DNS cannot resolve';
  return [
    doubtful('WEFT0102', 'spec.resolution', [
      `the address of WorkloadEntry ${names} ${why}: requests are not sent there`,
      resolution === 'STATIC' ? 'Give it an IP address, or use `resolution: DNS`.' : 'Use `resolution: STATIC`, or do not select it.',
    ]),
  ];
};

export const serviceEntries: ObjectCheck<'ServiceEntry'> = {
  kind: 'ServiceEntry',
  reads: ['services', 'backends'],
  beside: ({ claims }) => [claims],
  hosts: ({ spec }) => spec.hosts.map((host) => host.toLowerCase()),
  depends: (entry, facts) => [
    ...services(entry, facts),
    ...entry.spec.hosts.map((host) => facts.entryAt(`${entry.metadata.namespace}/${host.toLowerCase()}`)),
    ...(selectorOf(entry) ? [facts.wanted] : []),
    ...[anyAddress, ...(entry.spec.addresses ?? [])].flatMap((address) =>
      (entry.spec.ports ?? []).flatMap(({ number }) => facts.claims.get(`${network(address)}:${number}`) ?? []),
    ),
  ],
  problems: (entry, facts) => {
    const selector = selectorOf(entry);
    const selected = selector ? facts.wanted.select(entry.metadata.namespace, selector) : [];
    const unmatched = selector && selected.length === 0;
    const nobody = doubtful('IST0127', 'spec.workloadSelector.labels', [
      `the selector matches no workload of namespace \`${entry.metadata.namespace}\`: the service has no endpoints`,
      'Correct the labels.',
    ]);
    return [
      ...olderEntryProblems(entry, facts),
      ...audienceProblems(entry.spec.exportTo, facts),
      ...addressProblems(entry, facts),
      ...portProblems(entry, facts),
      ...(unmatched ? [nobody] : []),
      ...unfitProblems(entry, selected),
    ];
  },
};
