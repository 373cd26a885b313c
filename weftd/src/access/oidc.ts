/** Login at an OpenID provider: authorization code with PKCE, state and nonce, by openid-client, over connections that go nowhere inside. */
import { isDeepStrictEqual } from 'node:util';
import { type ConsoleLogin, type PersonRole, roleOfGroups } from '@weft/model';
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretBasic,
  type Configuration,
  type CustomFetch,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { exchange } from '../outbound/exchange.ts';
import type { Resolve } from '../outbound/guard.ts';
import type { ProviderLogin } from './provider.ts';

export interface Begun {
  /** Where the browser goes. */
  readonly location: string;
  /** For the browser to show when it comes back: the login is its own. */
  readonly state: string;
}

export interface Person {
  readonly user: string;
  readonly role: PersonRole;
  /** Path of the console that was asked for. */
  readonly next: string;
}

export interface Oidc {
  begin(asked: { readonly login: ProviderLogin; readonly redirect: string; readonly next: string }): Promise<Begun>;
  /** @param shown by the browser's cookie. Rejects with a NoLogin where nobody is vouched for. */
  finish(asked: { readonly login: ProviderLogin; readonly came: URL; readonly shown: string | undefined }): Promise<Person>;
}

/** Who came back is not vouched for; its message says why. */
export class NoLogin extends Error {}

interface Pending {
  readonly redirect: string;
  readonly verifier: string;
  readonly nonce: string;
  readonly next: string;
  readonly until: number;
}

const lifetime = 10 * 60_000;
const most = 1000;
const answerMs = 10_000;
const answerBytes = 1024 * 1024;

const plain = (headers: ConstructorParameters<typeof Headers>[0]): Readonly<Record<string, string>> =>
  Object.fromEntries(new Headers(headers));

const guardedFetch =
  ({ networks, client }: ProviderLogin, resolve: Resolve): CustomFetch =>
  async (url, { method, headers, body }) => {
    const { authority } = client ?? {};
    const question = {
      url: new URL(url),
      method: method === 'POST' ? ('POST' as const) : ('GET' as const),
      headers: plain(headers),
      ...(body !== undefined && body !== null && { body: body instanceof Uint8Array ? body : String(body) }),
      ...(authority !== undefined && { certificates: { authority } }),
    };
    const reply = await exchange(
      question,
      { allowed: networks, resolve },
      { signal: AbortSignal.timeout(answerMs), maxBytes: answerBytes },
    );
    const type = reply.headers['content-type'];
    const text = reply.status === 204 || reply.status === 304 ? null : reply.body;
    return new Response(text, { status: reply.status, headers: type === undefined ? {} : { 'content-type': type } });
  };

/** What went wrong beneath is the reason: openid-client wraps it. */
const reasonsOf = (error: unknown): string => {
  const { message, cause } = error instanceof Error ? error : { message: String(error), cause: undefined };
  const beneath = cause instanceof Error ? reasonsOf(cause) : '';
  return beneath === '' || beneath === message ? message : `${message}: ${beneath}`;
};

const textsIn = (value: unknown): readonly string[] => [value].flat().filter((one): one is string => typeof one === 'string');

type Claims = Readonly<Record<string, unknown>>;

const userOf = (claims: Claims): string =>
  textsIn([claims['preferred_username'], claims['email'], claims['sub']].find((one) => typeof one === 'string' && one !== ''))[0] ?? '';

const personOf = (claims: Claims, login: ConsoleLogin): Omit<Person, 'next'> => {
  const user = userOf(claims).slice(0, 200);
  const role = roleOfGroups(login, textsIn(claims[login.groupsClaim]));
  if (!role) throw new NoLogin(`${user} is in no group that has a role here (claim ${login.groupsClaim})`);
  return { user, role };
};

class Provider implements Oidc {
  readonly #pending = new Map<string, Pending>();
  readonly #resolve: Resolve;
  readonly #now: () => number;
  #known: { readonly login: ProviderLogin; readonly configuration: Promise<Configuration> } | undefined;

  constructor(resolve: Resolve, now: () => number) {
    this.#resolve = resolve;
    this.#now = now;
  }

  async begin({ login, redirect, next }: Parameters<Oidc['begin']>[0]): Promise<Begun> {
    const configuration = await this.#configuration(login);
    const [state, nonce, verifier] = [randomState(), randomNonce(), randomPKCECodeVerifier()];
    const location = buildAuthorizationUrl(configuration, {
      redirect_uri: redirect,
      scope: 'openid profile email groups',
      code_challenge: await calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...{ state, nonce },
    });
    for (const [old, { until }] of this.#pending) if (until <= this.#now() || this.#pending.size >= most) this.#pending.delete(old);
    this.#pending.set(state, { redirect, verifier, nonce, next, until: this.#now() + lifetime });
    return { location: location.href, state };
  }

  async finish({ login, came, shown }: Parameters<Oidc['finish']>[0]): Promise<Person> {
    const state = came.searchParams.get('state') ?? '';
    const pending = this.#pending.get(state);
    this.#pending.delete(state);
    if (!pending || shown !== state || pending.until <= this.#now())
      throw new NoLogin('this login was not begun in this browser, or too long ago: begin again');
    const { verifier, nonce, redirect, next } = pending;
    const url = new URL(redirect);
    url.search = came.search;
    try {
      const configuration = await this.#configuration(login);
      const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
      const tokens = await authorizationCodeGrant(configuration, url, checks);
      const claims: Claims = tokens.claims() ?? {};
      const { userinfo_endpoint: more } = configuration.serverMetadata();
      const all =
        login.groupsClaim in claims || !more ? claims : await fetchUserInfo(configuration, tokens.access_token, String(claims['sub']));
      return { ...personOf({ ...claims, ...all }, login), next };
    } catch (error) {
      if (error instanceof NoLogin) throw error;
      throw new NoLogin(`${login.issuer} does not vouch for this login: ${reasonsOf(error)}`, { cause: error });
    }
  }

  /** Asked for anew when it failed, or the settings are others. */
  #configuration(login: ProviderLogin): Promise<Configuration> {
    if (this.#known && isDeepStrictEqual(this.#known.login, login)) return this.#known.configuration;
    const configuration = this.#discover(login);
    const known = { login, configuration };
    this.#known = known;
    configuration.catch(() => {
      if (this.#known === known) this.#known = undefined;
    });
    return configuration;
  }

  async #discover(login: ProviderLogin): Promise<Configuration> {
    const { issuer, client } = login;
    if (!client) throw new NoLogin(`the Secret ${login.secret} that the settings name has no client-id`);
    const authentication = client.secret === undefined ? None() : ClientSecretBasic(client.secret);
    try {
      return await discovery(new URL(issuer), client.id, undefined, authentication, {
        [customFetch]: guardedFetch(login, this.#resolve),
        // Signatures are checked, although the token comes from the provider itself; HTTP is of this machine (the settings' check sees to it).
        execute: [enableNonRepudiationChecks, ...(issuer.startsWith('http:') ? [allowInsecureRequests] : [])],
      });
    } catch (error) {
      throw new NoLogin(`${issuer} cannot be asked: ${reasonsOf(error)}`, { cause: error });
    }
  }
}

export const oidcBy = ({ resolve, now }: { readonly resolve: Resolve; readonly now: () => number }): Oidc => new Provider(resolve, now);
