/** What the matches of a VirtualService name: gateways, namespaces, claims. */
import { doubtful, type Problem, type Resource, routingClaim, type VirtualServiceSpec, wrong } from '@weft/model';
import { gatewayName } from '../istio/match.ts';
import { mesh as meshGateway } from '../mesh/index.ts';
import type { Facts } from './facts.ts';
import type { NamedNamespace } from './namespace.ts';
import { routeKinds } from './route-destinations.ts';

type VirtualService = Resource<VirtualServiceSpec>;

export const gatewayProblems = ({ metadata, spec }: VirtualService, facts: Facts): readonly Problem[] => {
  const named = (spec.gateways ?? []).map((name, i) => ({ name, path: `spec.gateways[${i}]` }));
  const inMatches = routeKinds.flatMap((kind) =>
    (spec[kind] ?? []).flatMap((route, i) =>
      (route.match ?? []).flatMap((match, j) =>
        (match?.gateways ?? []).map((name, k) => ({ name, path: `spec.${kind}[${i}].match[${j}].gateways[${k}]` })),
      ),
    ),
  );
  return [...named, ...inMatches].flatMap(({ name, path }) => {
    const key = gatewayName(name, metadata.namespace);
    if (key === meshGateway || facts.gateways.has(key)) return [];
    return [
      wrong('IST0101', path, [
        `there is no Gateway \`${key}\``,
        'Correct the name (`namespace/name` for another namespace), or add the Gateway.',
      ]),
    ];
  });
};

/** Routing by claims that nobody verifies: there are no RequestAuthentications yet [S46]. */
export const claimProblems = ({ spec }: VirtualService): readonly Problem[] =>
  (spec.http ?? []).flatMap(({ match = [] }, i) =>
    match.flatMap((one, j) =>
      (['headers', 'withoutHeaders'] as const).flatMap((field) =>
        Object.keys(one[field] ?? {})
          .filter((name) => routingClaim(name))
          .map((name) =>
            doubtful('IST0149', `spec.http[${i}].match[${j}].${field}["${name}"]`, [
              'no RequestAuthentication verifies tokens at the gateway, so that no request has this claim',
              'Match another header until RequestAuthentication is supported.',
            ]),
          ),
      ),
    ),
  );

/** Where requests would have to come from. */
export const sourceNamespaces = ({ spec }: VirtualService): readonly NamedNamespace[] =>
  routeKinds.flatMap((kind) =>
    (spec[kind] ?? []).flatMap(({ match = [] }, i) =>
      match.map((one, j) => ({ path: `spec.${kind}[${i}].match[${j}].sourceNamespace`, namespace: one?.sourceNamespace ?? '' })),
    ),
  );
