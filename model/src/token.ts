/** JSON Web Tokens as far as libraries ask about them: programs bring the cryptography. */
export type Claim = string | number | boolean | null | readonly Claim[] | Claims;

export interface Claims {
  readonly [name: string]: Claim;
}

export interface TokenReader {
  /** What stands in it, whoever wrote that; absent: it is no JSON Web Token. */
  claimsOf(token: string): Claims | undefined;
  /** Whether one of the keys of the JSON Web Key Set signed it. */
  isSigned(token: string, keys: string): boolean;
}
