/** Requests that routes are about, and others that almost are: each part is as some route wants it, or changed a little. */
import type { Request } from '@weft/model';
import fc from 'fast-check';
import type { HttpRoute, StringMatch } from '../../compile/src/mesh/index.ts';
import type { Random } from './random.ts';

/** A virtual host as a client may ask for it. */
export interface Callee {
  readonly port: number;
  readonly hosts: readonly string[];
  /** Virtual address that the client dials; absent: it dials something else. */
  readonly address?: string;
  readonly routes: readonly HttpRoute[];
}

const samples = new Map<string, readonly string[]>();

/** Texts that a regular expression matches, as far as JavaScript can read it. */
const matching = (regex: string): readonly string[] => {
  const known = samples.get(regex);
  if (known) return known;
  let made: readonly string[] = ['x'];
  try {
    const pattern = new RegExp(`^(?:${regex.replace(/^\(\?i\)/, '')})$`);
    made = fc
      .sample(fc.stringMatching(pattern, { maxLength: 24 }), { numRuns: 12, seed: 1 })
      .filter((text) => /^[!-~]+$/.test(text) && !text.includes('#'));
  } catch {
    // Only RE2 reads it: what it matches is left to chance.
  }
  samples.set(regex, made.length > 0 ? made : ['x']);
  return samples.get(regex) ?? [];
};

const satisfying = (match: StringMatch, random: Random): string => {
  switch (match.kind) {
    case 'exact':
      return match.value;
    case 'prefix':
      return match.value + random.pick(['', 'x', '/y', '-z']);
    case 'regex':
      return random.pick(matching(match.value));
    case 'present':
      return random.pick(['', 'something']);
  }
};

const flipCase = (text: string): string =>
  [...text].map((letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase())).join('');

const changed = (text: string, random: Random): string =>
  random.pick([(it: string) => it.slice(0, -1), (it: string) => `${it}x`, flipCase, () => 'other', (it: string) => it.slice(1)])(text);

const maybeChanged = (text: string, random: Random, chance = 0.15): string => (random.chance(chance) ? changed(text, random) : text);

const oddPath = (path: string, random: Random): string =>
  random.pick([
    (it: string) => `/a/..${it}`,
    (it: string) => `/.${it}`,
    (it: string) => `/${it}`,
    (it: string) => it.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
    (it: string) => `${it}/..`,
    (it: string) => `${it}%2Fx`,
  ])(path);

export const pathFor = (uri: StringMatch | undefined, random: Random): string => {
  const wanted = uri ? satisfying(uri, random) : random.pick(['/', '/index.html', '/a/b']);
  const path = maybeChanged(wanted, random);
  const whole = path.startsWith('/') ? path : `/${path}`;
  return random.chance(0.05) ? oddPath(whole, random) : whole;
};

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '').trim();

const headersFor = ({ match }: HttpRoute, random: Random): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (const { name, match: wanted, invert } of match.headers) {
    if (name.startsWith(':') || random.chance(invert ? 0.7 : 0.15)) continue;
    headers[name] = printable(maybeChanged(satisfying(wanted, random), random));
  }
  return headers;
};

const queryFor = ({ match }: HttpRoute, random: Random): string => {
  const wanted = match.queryParams.filter(() => !random.chance(0.15));
  const pairs = wanted.map(
    ({ name, match: value }) => `${name}=${encodeURI(maybeChanged(satisfying(value, random), random)).replace(/[#&+]/g, '')}`,
  );
  const more = random.chance(0.15) ? [random.pick(['page=2', 'empty=', 'flag', 'x=%20'])] : [];
  const all = [...pairs, ...more];
  return all.length > 0 ? `?${all.join('&')}` : '';
};

/** The client here sends no others. */
const isSendable = (method: string): boolean => /^[A-Z-]+$/.test(method) && method !== 'CONNECT';
const methods = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'];

/** Origins and preflights for routes that look at them. */
const corsHeadersFor = ({ cors }: HttpRoute, random: Random): Record<string, string> => {
  if (!cors || random.chance(0.2)) return {};
  const [origin] = cors.origins.length > 0 ? [random.pick(cors.origins)] : [];
  const said = origin ? printable(maybeChanged(satisfying(origin, random), random)) : 'https://example.com';
  return { origin: said || 'null', ...(random.chance(0.6) && { 'access-control-request-method': 'PUT' }) };
};

const touchedBy = (route: HttpRoute): readonly string[] => {
  const all = route.action.kind === 'forward' ? [route, ...route.action.destinations] : [route];
  return all.flatMap(({ request: { set, add, remove } }) => [...Object.keys(set), ...Object.keys(add), ...remove]);
};

/** Sometimes a client has the headers that the route changes. */
const ownHeaders = (route: HttpRoute, random: Random): Record<string, string> =>
  Object.fromEntries(
    touchedBy(route)
      .filter(() => random.chance(0.4))
      .map((name) => [name.toLowerCase(), 'client']),
  );

export const hostOf = (host: string, random: Random): string => {
  const name = host.startsWith('*') ? `${random.pick(['a', 'b.c'])}${host === '*' ? '.example.net' : host.slice(1)}` : host;
  if (!name.startsWith('[') && random.chance(0.06)) return random.pick([`${name}x`, `x.${name}`, 'unknown.example.org', flipCase(name)]);
  return name;
};

/** As Istio's users write routes without conditions. */
const anything: HttpRoute['match'] = { name: '', ignoreUriCase: false, headers: [], queryParams: [] };
const nothing = { set: {}, add: {}, remove: [] };
const plain: HttpRoute = { name: '', match: anything, action: { kind: 'direct', status: 200 }, request: nothing, response: nothing };

/** With a port that names the host, or sometimes with the one that is dialled; sometimes with the dot that ends whole names. */
const authorityFor = (host: string, port: number, random: Random): { readonly authority?: string } => {
  if (/:\d+$/.test(host)) return { authority: host };
  const name = random.chance(0.03) && /[a-z]$/i.test(host) ? `${host}.` : host;
  return random.chance(0.2) ? { authority: `${name}:${port}` } : { authority: name };
};

/** What some servers take for another header. */
export const oddHeaders = (random: Random): Record<string, string> => (random.chance(0.02) ? { x_role: 'admin' } : {});

export const requestFor = ({ port, hosts, address, routes }: Callee, random: Random): Request => {
  const route = routes.length > 0 ? random.pick(routes) : plain;
  const { match } = route;
  // What is no host name Envoy refuses.
  const host = hostOf(match.authority ? satisfying(match.authority, random) : random.pick(hosts), random).replace(/[^\w.*:[\]-]/g, '');
  const cors = corsHeadersFor(route, random);
  const wanted = match.method
    ? maybeChanged(satisfying(match.method, random), random)
    : random.pick(cors.origin ? ['OPTIONS', 'GET'] : methods);
  const method = isSendable(wanted) ? wanted : 'GET';
  // Envoy's complaint about a HEAD has a body, which the client here does not stand.
  const odd = method === 'HEAD' ? {} : oddHeaders(random);
  return {
    host: host.replace(/:\d+$/, ''),
    ...authorityFor(host, port, random),
    port,
    ...(address !== undefined && { address }),
    method,
    path: pathFor(match.uri, random) + queryFor(route, random),
    headers: { ...headersFor(route, random), ...cors, ...ownHeaders(route, random), ...odd },
  };
};
