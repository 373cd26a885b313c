/** Routes that one VirtualService gives to another: whether they arrive [S50]. */
import { doubtful, maxRoutes, type Problem, type Resource, type VirtualServiceSpec, wrong } from '@weft/model';
import { delegateKey, delegateKeys, isDelegate, type PlacedRoute } from '../istio/delegate.ts';
import { type Delegates, type Given, givenRoutes } from '../istio/delegation.ts';

type VirtualService = Resource<VirtualServiceSpec>;
type Lost = Extract<Given, { kind: 'lost' }>['why'];

const reasons: Readonly<Record<Lost, readonly [why: string, help: string]>> = {
  object: ['there is no such VirtualService', 'Correct the name, or add the VirtualService.'],
  hosts: ['it has hosts, and so routes of its own only', 'Remove its `hosts`.'],
  room: [
    `with its routes these were more than ${maxRoutes} in every proxy, counted for each host, or too many matches to compare`,
    'Split this VirtualService, or shorten the lists of `match`.',
  ],
  export: ['it is not exported to this namespace', 'Add this namespace to its `exportTo`.'],
};

const lostProblem = ({ route, origin }: PlacedRoute, lost: Lost): Problem => {
  const [why, help] = reasons[lost];
  const key = delegateKey(route.delegate ?? {}, origin.namespace);
  const code = lost === 'room' ? 'WEFT0210' : 'IST0101';
  return wrong(code, `${origin.path}.delegate`, [`the route is left out: of delegate \`${key}\`, ${why}`, help]);
};

/** Of the root: delegates that get nothing, and routes of theirs that are no part of what they get. */
export const delegationProblems = (resource: VirtualService, delegates: Delegates): readonly Problem[] =>
  givenRoutes(resource, delegates).flatMap((given): readonly Problem[] => {
    if (given.kind === 'own') return [];
    if (given.kind === 'lost') return [lostProblem(given.root, given.why)];
    const lost = given.routes.flatMap((route, index) => (route ? [] : [`\`spec.http[${index}]\``]));
    if (lost.length === 0) return [];
    const { name } = given.delegate.metadata;
    const message = `${lost.join(', ')} of delegate \`${name}\` ask for requests that this route does not take, and are left out`;
    return [wrong('WEFT0210', `${given.root.origin.path}.delegate`, [message, "Narrow the delegate's matches, or widen these."])];
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
