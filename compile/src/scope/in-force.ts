/** Which policies hold for the requests of each workload, and whether they became narrower while it ran [G22]. */
import type { Proxy } from '@weft/model';
import type { AuthorizationSlice, Mesh, PoliciesInForce, Surface, TokenRule, Workload } from '../mesh/index.ts';
import { authorizationOf, subjectOfWorkload } from './authorization.ts';
import { sharedBy } from './shared.ts';
import { tokensOf } from './tokens.ts';

export interface Ruled {
  /** `namespace/owner`: the instances of one workload have their ways in together. */
  readonly owner: string;
  readonly policies: PoliciesInForce;
}

const ownerOf = ({ namespace, owner }: Pick<Workload, 'namespace' | 'owner'>): string => `${namespace}/${owner}`;

const inForce = sharedBy<readonly [AuthorizationSlice, readonly TokenRule[]], PoliciesInForce>();
const noTokens: readonly TokenRule[] = [];

/** Without those that are withdrawn: that authorizers are asked a moment longer forbids nothing that was allowed. */
const policiesOf = (mesh: Mesh, workload: Workload): PoliciesInForce => {
  const subject = subjectOfWorkload(workload);
  const authorization = authorizationOf(mesh, { subject, gateway: workload.sidecar ? undefined : workload });
  const tokens = tokensOf(mesh, subject);
  return inForce(authorization, tokens ?? noTokens)('', () => ({ authorization, ...(tokens && { tokens }) }));
};

/** By the workload's key in the mesh; policies that are the same are the same object. */
export const policiesInForce = (mesh: Mesh): ReadonlyMap<string, Ruled> => {
  const { memo, workloads, authorizations, authorizers, requests, rules, backends, endpoints, gateways } = mesh;
  return memo('in force', [workloads, authorizations, authorizers, requests, rules, backends, endpoints, gateways], (inner) => {
    const own = { ...mesh, memo: inner };
    return new Map(
      [...workloads].map(([key, workload]) => {
        const policies = policiesOf(own, workload);
        return [key, inner(`in force for ${key}`, [ownerOf(workload), policies], () => ({ owner: ownerOf(workload), policies }))] as const;
      }),
    );
  });
};

/** A proxy that is no registered instance is its own workload. */
export const narrowedIn = ({ narrowed, workloads }: Mesh, { namespace, name }: Proxy): Pick<Surface, 'narrowed'> => {
  if (narrowed.size === 0) return {};
  const own = narrowed.get(ownerOf({ namespace, owner: workloads.get(`${namespace}/${name}`)?.owner ?? name }));
  return own ? { narrowed: own } : {};
};
