/** Claims of a token as header matches name them. */

const prefix = '@request.auth.claims';

/**
 * `@request.auth.claims.a.b` and `@request.auth.claims[a][b]` are the claim `b` inside `a` (Istio's pkg/jwt).
 * @returns the path to the claim; `undefined` for an ordinary header
 */
export const routingClaim = (name: string): readonly string[] | undefined => {
  if (!name.toLowerCase().startsWith(prefix)) return undefined;
  const rest = name.slice(prefix.length);
  if (rest.startsWith('.')) return rest.slice(1).split('.');
  if (rest.startsWith('[') && rest.endsWith(']')) return rest.slice(1, -1).split('][');
  return undefined;
};
