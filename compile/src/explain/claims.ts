/** Claims of tokens by the paths to them. */
import type { Claim, Claims } from '@weft/model';

export const isList = (claim: Claim | undefined): claim is readonly Claim[] => Array.isArray(claim);

const isObject = (claim: Claim | undefined): claim is Claims => typeof claim === 'object' && claim !== null && !isList(claim);

/** Names are the users' own: `constructor` is one like any other. */
export const claimAt = (claims: Claims | undefined, path: readonly string[]): Claim | undefined =>
  path.reduce<Claim | undefined>((claim, name) => (isObject(claim) && Object.hasOwn(claim, name) ? claim[name] : undefined), claims);
