/** Routes that one VirtualService gives to another: whether they arrive [S50]. */
import { doubtful, type HttpRouteSettings, type Problem, type Resource, type VirtualServiceSpec, wrong } from '@weft/model';
import { type Delegates, delegatedRoutes, delegateKey, delegateKeys, delegationOf, isDelegate, writtenRoutes } from '../istio/delegate.ts';

type VirtualService = Resource<VirtualServiceSpec>;
type Missing = 'object' | 'hosts' | 'export';

const reasons: Readonly<Record<Missing, readonly [why: string, help: string]>> = {
  object: ['there is no such VirtualService', 'Correct the name, or add the VirtualService.'],
  hosts: ['it has hosts, and so routes of its own only', 'Remove its `hosts`.'],
  export: ['it is not exported to this namespace', 'Add this namespace to its `exportTo`.'],
};

const missingProblem = (route: HttpRouteSettings, path: string, owner: string, missing: Missing): Problem => {
  const [why, help] = reasons[missing];
  const key = delegateKey(route.delegate ?? {}, owner);
  return wrong('IST0101', `${path}.delegate`, [`the route is left out: of delegate \`${key}\`, ${why}`, help]);
};

/** Of the root: delegates that get nothing, and routes of theirs that are no part of what they get. */
export const delegationProblems = (resource: VirtualService, delegates: Delegates): readonly Problem[] =>
  writtenRoutes(resource).flatMap((root): readonly Problem[] => {
    const { path, namespace } = root.origin;
    const delegation = delegationOf(root.route, namespace, delegates);
    if (!delegation) return [];
    if ('missing' in delegation) return [missingProblem(root.route, path, namespace, delegation.missing)];
    const lost = delegatedRoutes(root, delegation.delegate).flatMap((route, index) => (route ? [] : [`\`spec.http[${index}]\``]));
    if (lost.length === 0) return [];
    const { name } = delegation.delegate.metadata;
    const message = `${lost.join(', ')} of delegate \`${name}\` ask for requests that this route does not take, and are left out`;
    return [wrong('WEFT0210', `${path}.delegate`, [message, "Narrow the delegate's matches, or widen these."])];
  });

/** Of a delegate: that nobody gives it anything. */
export const orphanProblems = (resource: VirtualService, roots: readonly VirtualService[]): readonly Problem[] => {
  const key = `${resource.metadata.namespace}/${resource.metadata.name}`;
  if (!isDelegate(resource) || roots.some((root) => delegateKeys(root).includes(key))) return [];
  return [
    doubtful('WEFT0210', 'spec.hosts', [
      'a VirtualService without hosts has the routes that others give it, and none does',
      'Add `hosts`, or name it as `delegate` in another VirtualService.',
    ]),
  ];
};
