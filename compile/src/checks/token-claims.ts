/** Routing by claims: some RequestAuthentication must verify the tokens where the routes are [S46]; sidecars' own are refused by `parse`. */
import { doubtful, type Problem, type Resource, routingClaim, type VirtualServiceSpec } from '@weft/model';
import { type Routing, selects } from '../mesh/index.ts';
import { isFor } from '../scope/authorization.ts';
import type { Facts } from './facts.ts';

type VirtualService = Resource<VirtualServiceSpec>;

const claimPaths = ({ spec }: VirtualService): readonly string[] =>
  (spec.http ?? []).flatMap(({ match = [] }, i) =>
    match.flatMap((one, j) =>
      (['headers', 'withoutHeaders'] as const).flatMap((field) =>
        Object.keys(one[field] ?? {})
          .filter((name) => routingClaim(name))
          .map((name) => `spec.http[${i}].match[${j}].${field}["${name}"]`),
      ),
    ),
  );

const byClaims = new WeakMap<VirtualService, boolean>();

/** Few do: nothing else is asked of the others. */
export const routesByClaims = (resource: VirtualService): boolean => {
  const known = byClaims.get(resource) ?? claimPaths(resource).length > 0;
  byClaims.set(resource, known);
  return known;
};

/** A gateway of the routing, with some pod on which nobody verifies tokens. */
const unverifiedGateway = (routing: Routing | undefined, { gateways, everyWanted, mesh }: Facts): string | undefined =>
  (routing?.gateways ?? []).find((key) => {
    const gateway = gateways.get(key);
    if (!gateway) return false;
    const pods = everyWanted.filter(({ labels }) => selects(gateway.selector, labels));
    return pods.some((pod) => !mesh.requests.some((policy) => isFor(policy, { ...pod, addresses: [] }, mesh)));
  });

export const claimProblems = (resource: VirtualService, routing: Routing | undefined, facts: Facts): readonly Problem[] => {
  if (!routesByClaims(resource)) return [];
  const unverified = unverifiedGateway(routing, facts);
  if (unverified === undefined) return [];
  return claimPaths(resource).map((path) =>
    doubtful('IST0149', path, [
      `nobody verifies tokens at gateway \`${unverified}\`, so that no request has this claim there`,
      'Add a RequestAuthentication for the gateway’s pods.',
    ]),
  );
};
