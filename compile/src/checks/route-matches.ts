/** What the matches of a VirtualService name: gateways and namespaces. */
import { type Problem, type Resource, type VirtualServiceSpec, wrong } from '@weft/model';
import { gatewayName } from '../istio/match.ts';
import { mesh as meshGateway } from '../mesh/index.ts';
import type { Facts } from './facts.ts';
import type { NamedNamespace } from './namespace.ts';
import { routeKinds } from './route-destinations.ts';

type VirtualService = Resource<VirtualServiceSpec>;

interface NamedGateway {
  readonly path: string;
  /** `mesh`, or `namespace/name`. */
  readonly key: string;
}

export const namedGateways = ({ metadata, spec }: VirtualService): readonly NamedGateway[] => {
  const own = (spec.gateways ?? []).map((name, i) => ({ name, path: `spec.gateways[${i}]` }));
  const inMatches = routeKinds.flatMap((kind) =>
    (spec[kind] ?? []).flatMap((route, i) =>
      (route.match ?? []).flatMap((match, j) =>
        (match?.gateways ?? []).map((name, k) => ({ name, path: `spec.${kind}[${i}].match[${j}].gateways[${k}]` })),
      ),
    ),
  );
  return [...own, ...inMatches].map(({ name, path }) => ({ path, key: gatewayName(name, metadata.namespace) }));
};

export const gatewayProblems = (resource: VirtualService, facts: Facts): readonly Problem[] =>
  namedGateways(resource)
    .filter(({ key }) => key !== meshGateway && !facts.gateways.has(key))
    .map(({ path, key }) =>
      wrong('IST0101', path, [
        `there is no Gateway \`${key}\``,
        'Correct the name (`namespace/name` for another namespace), or add the Gateway.',
      ]),
    );

/** Where requests would have to come from. */
export const sourceNamespaces = ({ spec }: VirtualService): readonly NamedNamespace[] =>
  routeKinds.flatMap((kind) =>
    (spec[kind] ?? []).flatMap(({ match = [] }, i) =>
      match.map((one, j) => ({ path: `spec.${kind}[${i}].match[${j}].sourceNamespace`, namespace: one?.sourceNamespace ?? '' })),
    ),
  );
