/** Whose tokens a proxy's requests may bear, shared by all proxies that the same RequestAuthentications are for. */
import { mergedRules } from '../istio/request-authentication.ts';
import type { Mesh, TokenRule } from '../mesh/index.ts';
import { isFor, type Subject } from './authorization.ts';

type Tokens = readonly TokenRule[];

/** Absent: nobody speaks of tokens. */
export const tokensOf = (mesh: Mesh, subject: Subject): Tokens | undefined => {
  if (mesh.requests.length === 0) return undefined;
  const policies = mesh.requests.filter((policy) => isFor(policy, subject, mesh));
  const rules = mesh.memo(`tokens of ${policies.map(({ key }) => key).join(' ')}`, policies, () => mergedRules(policies));
  return rules.length === 0 ? undefined : rules;
};

const variants = new WeakMap<object, WeakMap<Tokens, object>>();

/** The slice with tokens looked at: the same object for the same two. */
export const withTokens = <Slice extends { readonly tokens?: Tokens }>(slice: Slice, tokens: Tokens | undefined): Slice => {
  if (!tokens) return slice;
  const known = variants.get(slice) ?? new WeakMap<Tokens, object>();
  variants.set(slice, known);
  const variant = known.get(tokens) ?? { ...slice, tokens };
  known.set(tokens, variant);
  return variant as Slice;
};
