/** Who may ask what of the API, and how somebody came to be who they are. */

/**
 * Each may what those before it may. `scraper` reads all proxies' metrics; `viewer` configuration, status and signals; `operator`
 * also what tells of people (records, spans, logs), and restarts and silences; `admin` also changes configuration, runs
 * commands and decides who may come in.
 */
export const roles = ['scraper', 'viewer', 'operator', 'admin'] as const;

export type Role = (typeof roles)[number];

/** Of people: whom the console lets in. */
export const personRoles = ['viewer', 'operator', 'admin'] as const;

export type PersonRole = (typeof personRoles)[number];

export const mayAs = (role: Role, needed: Role): boolean => roles.indexOf(role) >= roles.indexOf(needed);

/** `socket`: by opening weftd's Unix socket; `link`: by a link that was made for one login. */
export type CameBy = 'socket' | 'token' | 'link' | 'oidc';

export interface LoginMethod {
  readonly kind: Exclude<CameBy, 'socket'>;
  /** What a person reads: the provider's name, or what to do. */
  readonly title: string;
  /** Where the browser goes to begin; absent where the login is sent to `POST /login`. */
  readonly start?: string;
  /** Why nobody can log in so now. */
  readonly fault?: string;
}

/** Of a link, or any token that the API takes. */
export type LoginRequest = { readonly ticket: string } | { readonly token: string };

export interface SessionStatus {
  readonly user: string;
  readonly role: Role;
  readonly how: CameBy;
  /** For the header `x-weft-csrf` of all that changes something; only where the browser's cookie proves who asks. */
  readonly csrf?: string;
  /** Unix milliseconds; absent where nothing expires. */
  readonly expires?: number;
  readonly methods: readonly LoginMethod[];
}

/** Answered with 401 to who asks for the session and has none. */
export interface NoSession {
  readonly error: string;
  /** Why the provider's way, which this browser went a moment ago, led to no login. */
  readonly refused?: string;
  readonly methods: readonly LoginMethod[];
}

export interface LoginLinkRequest {
  readonly role?: PersonRole;
}

export interface LoginLink {
  /** For one login; the secret is behind `#`, which browsers send to nobody. */
  readonly url: string;
  readonly role: PersonRole;
  /** Unix milliseconds. */
  readonly expires: number;
}

export interface TokenCreation {
  /** Letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  readonly role: Role;
  /** Unix milliseconds; absent: it lasts until it is revoked. */
  readonly expires?: number;
}

/** What is told of a token: not the token. */
export interface TokenStatus extends TokenCreation {
  /** Unix milliseconds. */
  readonly created: number;
  /** Who created it. */
  readonly by: string;
  readonly expired: boolean;
}

/** Told once: only a hash of it is kept. */
export interface NewToken extends TokenStatus {
  readonly token: string;
}
