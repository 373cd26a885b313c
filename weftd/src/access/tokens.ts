/** Tokens by name, for programs and people: each has a role, may expire, and can be revoked alone. */
import type { NewToken, Role, TokenCreation, TokenStatus } from '@weft/model';
import { newSecret, proofOf, type RandomBytes } from './secret.ts';

/** What is kept of one; its name is the key. */
export interface KeptToken {
  readonly role: Role;
  readonly proof: string;
  readonly created: number;
  readonly by: string;
  readonly expires?: number;
}

/** By name; undefined: it is revoked. */
export type TokenChange = readonly [name: string, token: KeptToken | undefined];

export interface NamedTokens {
  /** Undefined: there is one of this name already. */
  create(token: TokenCreation, by: string): Promise<NewToken | undefined>;
  list(): readonly TokenStatus[];
  /** Undefined: none is it, or its time is over. */
  of(token: string): { readonly name: string; readonly role: Role } | undefined;
  isValid(name: string): boolean;
  /** False: there is none of this name. */
  revoke(name: string): Promise<boolean>;
}

/** Those who look for secrets where none should be know it by this. */
const mark = 'weft_';

interface TokensInput {
  readonly kept: ReadonlyMap<string, KeptToken>;
  /** Durable when it resolves. */
  readonly keep: (change: TokenChange) => Promise<void>;
  readonly now: () => number;
  readonly random: RandomBytes;
}

export const tokensIn = ({ kept, keep, now, random }: TokensInput): NamedTokens => {
  const tokens = new Map(kept);
  const isExpired = ({ expires }: KeptToken): boolean => expires !== undefined && expires <= now();
  const statusOf = (name: string, token: KeptToken): TokenStatus => {
    const { proof: _, ...told } = token;
    return { name, ...told, expired: isExpired(token) };
  };
  return {
    create: async ({ name, role, expires }, by) => {
      if (tokens.has(name)) return undefined;
      const token = `${mark}${newSecret(random)}`;
      const fresh: KeptToken = { role, proof: proofOf(token), created: now(), by, ...(expires !== undefined && { expires }) };
      tokens.set(name, fresh);
      try {
        await keep([name, fresh]);
      } catch (error) {
        tokens.delete(name);
        throw error;
      }
      return { ...statusOf(name, fresh), token };
    },
    list: () => [...tokens].map(([name, token]) => statusOf(name, token)).sort((a, b) => (a.name < b.name ? -1 : 1)),
    of: (token) => {
      const proof = proofOf(token);
      const [name, found] = [...tokens].find(([, one]) => one.proof === proof) ?? [];
      return name === undefined || !found || isExpired(found) ? undefined : { name, role: found.role };
    },
    isValid: (name) => {
      const token = tokens.get(name);
      return token !== undefined && !isExpired(token);
    },
    revoke: async (name) => {
      if (!tokens.has(name)) return false;
      await keep([name, undefined]);
      return tokens.delete(name);
    },
  };
};
