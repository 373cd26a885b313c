/**
 * Who may ask what. Everything is closed unless it is opened here: on the Unix socket the file's mode (0600) has already
 * decided; on TCP a bearer token decides, and Host and Origin keep a browser from being used by strangers (DNS rebinding,
 * cross-site requests).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';

/** `scraper` reads all proxies' metrics; `viewer` also configuration and status; `admin` also writes, reads logs and runs commands. */
const roles = ['scraper', 'viewer', 'admin'] as const;

export type Role = (typeof roles)[number];

/** Each may what those before it may. */
export const mayAs = (role: Role, needed: Role): boolean => roles.indexOf(role) >= roles.indexOf(needed);

export type Tokens = Readonly<Record<Role, string>>;

const tokenIn = (path: string): string => {
  if (!existsSync(path)) writeFileSync(path, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  chmodSync(path, 0o600);
  const token = readFileSync(path, 'utf8').trim();
  if (token.length < 32) throw new Error(`${path} holds no token; delete it, and a new one is made`);
  return token;
};

/** Made at the first start, kept afterwards. @param files each token's own */
export const openTokens = ({ admin, viewer, scraper }: Readonly<Record<Role, string>>): Tokens => ({
  admin: tokenIn(admin),
  viewer: tokenIn(viewer),
  scraper: tokenIn(scraper),
});

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Takes equally long whatever the tokens have in common. */
const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

export type Verdict =
  | { readonly ok: true; readonly role: Role }
  | { readonly ok: false; readonly status: 401 | 403 | 421; readonly reason: string };

const refuse = (status: 401 | 403 | 421, reason: string): Verdict => ({ ok: false, status, reason });

/** @param port that the server listens on, which is part of the names that it answers to. */
export const judgeTcp = (headers: IncomingHttpHeaders, port: number, tokens: Tokens): Verdict => {
  const names = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);
  const host = headers.host?.toLowerCase() ?? '';
  if (!names.includes(host)) return refuse(421, `this server is ${names[0]}, not ${JSON.stringify(host)}`);
  const { origin } = headers;
  if (origin !== undefined && !names.includes(origin.replace(/^http:\/\//, '')))
    return refuse(403, 'requests from other origins are not served');
  const [, token] = /^Bearer ([\w.~+/=-]{1,200})$/i.exec(headers.authorization ?? '') ?? [];
  if (token === undefined) return refuse(401, 'a bearer token is needed; `weft token` prints it');
  const [role] = roles.filter((one) => same(token, tokens[one]));
  return role ? { ok: true, role } : refuse(401, 'this token is not known');
};

/** Logs may hold secrets; records tell of people, by address and path, and so do spans. */
const adminsOwn = /\/(logs|exec)$|^\/api\/v1\/(why|mtls|records|top|traces)(\/|$)/;

/**
 * Reading is a viewer's; everything else changes or runs something.
 *
 * @param route the pattern that the request was led to, not its path, which has many spellings (`%6cogs`, `http://host/…`)
 */
export const neededRole = (method: string, route: string): Role => {
  if ((method !== 'GET' && method !== 'HEAD') || adminsOwn.test(route)) return 'admin';
  return route === '/api/v1/metrics' ? 'scraper' : 'viewer';
};
