/** ServiceEntries of one host and namespace: what of the younger does not become part of the service, which the oldest is. */
import { against, doubtful, type ObjectRef, type Problem, type Resource, refKey, refOf, type ServiceEntrySpec } from '@weft/model';
import { disagreements, shareOf } from '../istio/joined.ts';
import { protocolOf } from '../istio/service-entry.ts';
import type { Service } from '../mesh/index.ts';
import type { Facts } from './facts.ts';

type ServiceEntry = Resource<ServiceEntrySpec>;

const taken = (owner: ObjectRef, path: string, [what, help]: readonly [string, string]): Problem =>
  against(owner, doubtful('WEFT0201', path, [`${owner.kind} \`${owner.namespace}/${owner.name}\` ${what}`, help]));

const locationOf = ({ spec }: ServiceEntry): string => spec.location ?? 'MESH_EXTERNAL';

const agree = 'Let both say the same, or put everything into one object.';

const lostPorts = (entry: ServiceEntry, oldest: ServiceEntry, service: Service): readonly Problem[] => {
  const apart = disagreements(oldest, entry).map((field) => `\`${field}\``);
  return (entry.spec.ports ?? []).flatMap((port, i): readonly Problem[] => {
    const known = service.ports.find(({ number }) => number === port.number);
    if (!known) {
      const why = `is the service, and differs in ${apart.join(' and ')}: port ${port.number} is not added to it`;
      return [taken(refOf(oldest), `spec.ports[${i}]`, [why, agree])];
    }
    if (protocolOf(port) === known.protocol) return [];
    const why = `is the service, and says that port ${port.number} is \`${known.protocol}\`, which counts`;
    return [taken(refOf(oldest), `spec.ports[${i}]`, [why, agree])];
  });
};

const lostShare = (entry: ServiceEntry, oldest: ServiceEntry, service: Service): readonly Problem[] => {
  const problems = [...lostPorts(entry, oldest, service)];
  if (locationOf(entry) !== locationOf(oldest))
    problems.push(taken(refOf(oldest), 'spec.location', [`is the service, and says ${locationOf(oldest)}, which counts`, agree]));
  if (disagreements(oldest, entry).includes('spec.exportTo'))
    problems.push(taken(refOf(oldest), 'spec.exportTo', ['is the service, and its own `exportTo` counts', agree]));
  return problems;
};

/** A Kubernetes Service of that name is the service; of entries of one namespace the oldest is, and others are parts of it. */
export const olderEntryProblems = (entry: ServiceEntry, facts: Facts): readonly Problem[] =>
  entry.spec.hosts.flatMap((host, i) => {
    const key = `${entry.metadata.namespace}/${host.toLowerCase()}`;
    const owner = facts.owners.get(key);
    const service = facts.mesh.backends.get(key)?.service;
    if (!owner || !service || refKey(owner) === refKey(refOf(entry))) return [];
    const oldest = facts.entryAt(key);
    if (oldest && shareOf(oldest, entry) !== 'nothing') return lostShare(entry, oldest, service);
    const how = oldest ? `, with resolution ${oldest.spec.resolution ?? 'NONE'}` : '';
    const why = `has host \`${host}\` already${how}: this entry has no effect for it`;
    return [taken(owner, `spec.hosts[${i}]`, [why, 'Merge the two, or remove the host here.'])];
  });
