/** Requests that a case's routes are about, and others that almost are: each part is as some route wants it, or changed a little. */
import type { View } from '@weft/compile';
import type { Request } from '@weft/model';
import fc from 'fast-check';
import type { HttpRoute, StringMatch } from '../../compile/src/mesh/index.ts';
import type { Random } from './random.ts';

/** A virtual host as a client may ask for it. */
export interface Target {
  readonly port: number;
  readonly hosts: readonly string[];
  /** Virtual address that the client dials; absent: it dials something else. */
  readonly address?: string;
  readonly routes: readonly HttpRoute[];
}

const sidecarTargets = ({ outbound: { services, endpoints, virtualHosts } }: View): readonly Target[] => [
  ...services.flatMap(({ service, aliases, routes }) =>
    service.ports
      .filter(({ protocol }) => protocol !== 'udp')
      .map(({ number }) => {
        const dialled = service.headless ? endpoints.get(`${service.key}:${number}`)?.endpoints[0]?.address : service.addresses[0];
        const address = dialled?.replace(/\d+\/\d+$/, '9');
        const hosts = [service.hostname, ...aliases, ...(address ? [address] : [])];
        return { port: number, hosts, ...(address && { address }), routes: routes.get(number) ?? [] };
      }),
  ),
  ...[...virtualHosts].flatMap(([port, hosts]) => hosts.map(({ host, routes }) => ({ port, hosts: [host], routes }))),
];

/** Plain HTTP only. */
const gatewayTargets = ({ gateway: { servers } }: View): readonly Target[] =>
  servers.flatMap(({ port, bind, chains }) =>
    chains.flatMap(({ content, tls }) =>
      content.kind === 'http' && !tls
        ? content.virtualHosts.map(({ hosts, routes }) => ({ port, hosts, routes, ...(bind !== '0.0.0.0' && { address: bind }) }))
        : [],
    ),
  );

export const targetsOf = (view: View): readonly Target[] => (view.role === 'gateway' ? gatewayTargets(view) : sidecarTargets(view));

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

const pathFor = (uri: StringMatch | undefined, random: Random): string => {
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

/** Envoy refuses methods that it has never heard of. */
const known = new Set(['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH']);
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

const hostOf = (host: string, random: Random): string => {
  const name = host.startsWith('*') ? `${random.pick(['a', 'b.c'])}${host === '*' ? '.example.net' : host.slice(1)}` : host;
  if (random.chance(0.06)) return random.pick([`${name}x`, `x.${name}`, 'unknown.example.org', flipCase(name)]);
  return name;
};

/** As Istio's users write routes without conditions. */
const anything: HttpRoute['match'] = { name: '', ignoreUriCase: false, headers: [], queryParams: [] };
const nothing = { set: {}, add: {}, remove: [] };
const plain: HttpRoute = { name: '', match: anything, action: { kind: 'direct', status: 200 }, request: nothing, response: nothing };

/** Servers' names that rules for connections look at. */
const serverNames = (view: View): readonly string[] => {
  const ofServices = view.outbound.services.flatMap(({ connections }) =>
    [...connections.values()].flatMap((routes) => routes.flatMap(({ match }) => match.serverNames)),
  );
  const ofGateway = view.gateway.servers.flatMap(({ chains }) => chains.flatMap(({ serverNames: names }) => names));
  return [...new Set([...ofServices, ...ofGateway])];
};

/** Bytes with a ClientHello, or without. */
export const bytesFor = ({ port, hosts, address }: Target, view: View, random: Random): Request => {
  const names = [...serverNames(view), ...hosts].filter((name) => /^[*a-z]/i.test(name));
  const host = hostOf(names.length > 0 && random.chance(0.8) ? random.pick(names) : random.pick(hosts), random);
  const isName = /[a-z]/i.test(host) && !host.includes(':') && !host.includes('*');
  return { protocol: isName && random.chance(0.6) ? 'tls' : 'tcp', host, port, ...(address !== undefined && { address }) };
};

export const requestFor = ({ port, hosts, address, routes }: Target, random: Random): Request => {
  const route = routes.length > 0 ? random.pick(routes) : plain;
  const { match } = route;
  // What is no host name Envoy refuses.
  const host = hostOf(match.authority ? satisfying(match.authority, random) : random.pick(hosts), random).replace(/[^\w.*:-]/g, '');
  const cors = corsHeadersFor(route, random);
  const method = match.method
    ? maybeChanged(satisfying(match.method, random), random)
    : random.pick(cors.origin ? ['OPTIONS', 'GET'] : methods);
  return {
    host: host.replace(/:\d+$/, ''),
    ...(random.chance(0.2) && { authority: `${host.replace(/:\d+$/, '')}:${port}` }),
    port,
    ...(address !== undefined && { address }),
    method: known.has(method) ? method : 'GET',
    path: pathFor(match.uri, random) + queryFor(route, random),
    headers: { ...headersFor(route, random), ...cors, ...ownHeaders(route, random) },
  };
};
