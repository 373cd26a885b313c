/**
 * Who may come in. Everything is closed unless it is opened here: on the Unix socket the file's mode (0600) has already
 * decided; on TCP a bearer token or a session decides, and Host, Origin and a token against forged requests keep a browser
 * from being used by strangers (DNS rebinding, cross-site requests).
 */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { mayAs, type Role } from '@weft/model';
import type { Access, Caller } from '../access/access.ts';
import { isSame } from '../access/secret.ts';

/** `anyone`: also without a login, which is for what tells nothing of the mesh. */
export type NeededRole = Role | 'anyone';

export interface Refused {
  readonly ok: false;
  readonly status: 401 | 403 | 421 | 429;
  readonly reason: string;
  /** Who is known, and may not. */
  readonly caller?: Caller;
}

export type Verdict = { readonly ok: true; readonly caller?: Caller } | Refused;

export type Judge = (message: IncomingMessage, needed: NeededRole) => Verdict;

const refuse = (status: Refused['status'], reason: string): Refused => ({ ok: false, status, reason });

/** What the server is called by those who are meant to reach it. */
export interface Names {
  /** `127.0.0.1:15080`: what stands in `Host`, the first as people are told. */
  readonly hosts: readonly string[];
  /** Cookies know no ports: two meshes on one machine must not log each other out. */
  readonly cookie: string;
  /** `https://host[:port]`: what people call it where a proxy that ends TLS stands before it; the mesh's settings say so, no request can. */
  readonly address?: string;
}

/** What a browser calls the origin of this server's pages, by the host that it asked. Undefined: this server is not called so. */
export const originAt = ({ hosts, address }: Names, host: string): string | undefined => {
  if (address === `https://${host}`) return address;
  return hosts.includes(host) ? `http://${host}` : undefined;
};

const hostOf = ({ host = '' }: IncomingHttpHeaders): string => host.toLowerCase();

export const namesOf = (host: string, port: number): Names => {
  const written = host.includes(':') ? `[${host}]` : host;
  const hosts = [...new Set([written, '127.0.0.1', 'localhost', '[::1]'])].map((name) => new URL(`http://${name}:${port}`).host);
  return { hosts, cookie: `weft_session_${port}` };
};

const changes = (method: string): boolean => !['GET', 'HEAD', 'OPTIONS'].includes(method);

/** Browsers say it of each request, and pages cannot change it (Fetch Metadata); a person who follows a link is `none`. */
const isForeignFetch = ({ 'sec-fetch-site': site, 'sec-fetch-mode': mode }: IncomingHttpHeaders): boolean =>
  site !== undefined && site !== 'same-origin' && site !== 'none' && mode !== 'navigate';

/** DNS that was turned to this machine brings the stranger's name along, a foreign page its origin. */
const judgeOrigin = (headers: IncomingHttpHeaders, names: Names): Refused | undefined => {
  const { hosts, address } = names;
  const host = hostOf(headers);
  if (originAt(names, host) === undefined) return refuse(421, `this server is ${hosts[0]}, not ${JSON.stringify(host)}`);
  const { origin } = headers;
  const isForeign = origin !== undefined && origin !== address && !hosts.includes(origin.replace(/^http:\/\//, ''));
  return isForeign || isForeignFetch(headers) ? refuse(403, 'requests from other origins are not served') : undefined;
};

/** A cookie goes along whoever made the browser ask: what changes something must come from a page of ours, which knows the session's token. */
const judgeForgery = ({ headers, method = '' }: IncomingMessage, { session }: Caller, names: Names): Refused | undefined => {
  const isUpgrade = headers.upgrade !== undefined;
  if (!session || !(changes(method) || isUpgrade)) return undefined;
  if (headers.origin !== originAt(names, hostOf(headers))) return refuse(403, 'a change by a browser must say its origin, this one');
  const shown = headers['x-weft-csrf'];
  // A browser's WebSocket carries no header of one's own; its origin is said by the browser.
  if (isUpgrade || (typeof shown === 'string' && isSame(shown, session.csrf))) return undefined;
  return refuse(403, 'a change by a browser needs the header x-weft-csrf, which GET /api/v1/session tells');
};

/** Ours are written without any quotes or escapes. */
const cookieNamed = (name: string, { cookie = '' }: IncomingHttpHeaders): string | undefined =>
  cookie
    .split(/; */)
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

const callerOf = ({ headers }: IncomingMessage, { cookie }: Names, access: Access): Caller | Refused => {
  const [, token] = /^Bearer ([\w.~+/=-]{1,200})$/i.exec(headers.authorization ?? '') ?? [];
  if (token !== undefined) return access.byToken(token) ?? refuse(401, 'this token is not known');
  const secret = headers.authorization === undefined ? cookieNamed(cookie, headers) : undefined;
  if (secret === undefined)
    return refuse(401, 'log in by a link that `weft dashboard` makes, or send a bearer token, as `weft token` says');
  return access.byCookie(secret) ?? refuse(401, 'this session is over: log in again');
};

const held: Readonly<Record<Role, string>> = {
  scraper: 'the scraper’s',
  viewer: 'the viewer’s',
  operator: 'the operator’s',
  admin: 'the administrator’s',
};

const judgeRole = ({ user, role }: Caller, needed: Role): Refused | undefined =>
  mayAs(role, needed) ? undefined : refuse(403, `this needs ${held[needed]} role; ${user} has ${held[role]}`);

/** Over TCP. */
export const guard =
  (access: Access, names: () => Names): Judge =>
  (message, needed) => {
    const foreign = judgeOrigin(message.headers, names());
    if (foreign) return foreign;
    const caller = callerOf(message, names(), access);
    // Where nobody need be known, who is not is let in as nobody.
    if (needed === 'anyone') return 'ok' in caller ? { ok: true } : { ok: true, caller };
    if ('ok' in caller) return caller;
    const refused = judgeForgery(message, caller, names()) ?? judgeRole(caller, needed);
    return refused ? { ...refused, caller } : { ok: true, caller };
  };
