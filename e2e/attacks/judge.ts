/**
 * What policies say of a request as its server saw it: a second reading of them, which shares nothing with the code that makes
 * Envoy's filters [S102-S105, S108, S109]. A verdict of Envoy's that differs is a hole or a request refused for nothing.
 */
import { BlockList, isIPv6 } from 'node:net';
import { type Arrival, valuesOf } from '../security/scene.ts';

type Fields = Readonly<Record<string, readonly string[]>>;

export interface Rule {
  readonly from?: readonly { readonly source: Fields }[];
  readonly to?: readonly { readonly operation: Fields }[];
  readonly when?: readonly { readonly key: string; readonly values?: readonly string[]; readonly notValues?: readonly string[] }[];
}

export interface Spec {
  readonly action: 'ALLOW' | 'DENY';
  readonly rules: readonly Rule[];
}

/** A request at its server, and who made it. */
export interface Seen {
  readonly arrival: Arrival;
  /** By its certificate, without `spiffe://`. */
  readonly peer?: string;
  readonly address: string;
  /** Whom it speaks for, as far as its word counts. */
  readonly client: string;
}

/** How the mesh reads policies: `strict` is what Weft does unless it is to be like Istio [G20]. */
type Reading = 'strict' | 'istio';

const fits = (pattern: string, value: string): boolean => {
  if (pattern === '*') return value !== '';
  if (pattern.startsWith('*')) return value.endsWith(pattern.slice(1));
  return pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
};

const fitsTemplate = (pattern: readonly string[], segments: readonly string[]): boolean => {
  const [first, ...rest] = pattern;
  if (first === undefined) return segments.length === 0;
  if (first === '{**}') return segments.some((_, index) => fitsTemplate(rest, segments.slice(index + 1))) || fitsTemplate(rest, segments);
  return segments.length > 0 && (first === '{*}' ? segments[0] !== '' : first === segments[0]) && fitsTemplate(rest, segments.slice(1));
};

const fitsPath = (pattern: string, path: string): boolean =>
  pattern.includes('{') ? fitsTemplate(pattern.split('/'), path.split('/')) : fits(pattern, path);

/** Escapes of one kind, of what needs them. */
const respelled = (path: string): string =>
  path.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = decodeURIComponent(/%[0-7]/.test(escape) ? escape : '%00');
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
  });

/** To servers that know parameters of segments; one that is nothing but parameters is none. */
const withoutParameters = (path: string): string => {
  const [, ...segments] = path.split('/');
  const kept = segments.filter((segment) => !segment.startsWith(';'));
  return `/${kept.map((segment) => segment.replace(/;.*$/, '')).join('/')}`;
};

const isWithin = (block: string, address: string): boolean => {
  const list = new BlockList();
  const family = isIPv6(block.split('/')[0] ?? '') ? 'ipv6' : 'ipv4';
  const [network = '', bits = family === 'ipv6' ? '128' : '32'] = block.split('/');
  list.addSubnet(network, Number(bits), family);
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
};

interface Case extends Seen {
  readonly action: Spec['action'];
  readonly reading: Reading;
  /** Asked for a field that begins with `not`. */
  readonly negated: boolean;
}

type Matcher = (value: string, seen: Case) => boolean;

/** What is refused is meant in whatever form a server takes for it; that is what a DENY names, or an ALLOW excepts. */
const isWide = ({ action, reading, negated }: Case): boolean => reading === 'strict' && (action === 'DENY') !== negated;

const identity = (peer: string | undefined): { readonly namespace: string; readonly account: string } | undefined => {
  const parts = peer?.split('/') ?? [];
  const [, ns, namespace = '', sa, account = ''] = parts;
  return parts.length === 5 && ns === 'ns' && sa === 'sa' ? { namespace, account } : undefined;
};

const matchers: Readonly<Record<string, Matcher>> = {
  paths: (value, seen) => {
    const [path = ''] = seen.arrival.path.split('?');
    if (!isWide(seen)) return fitsPath(value, path);
    return [path, withoutParameters(path)].some((one) => fitsPath(value, one) || fitsPath(respelled(value), respelled(one)));
  },
  hosts: (value, seen) => {
    const host = valuesOf(seen.arrival, 'host').join().toLowerCase();
    return fits(value, host) || (isWide(seen) && fits(value, host.replace(/:\d*$/, '')));
  },
  methods: (value, { arrival }) => fits(value, arrival.method),
  principals: (value, { peer }) => peer !== undefined && fits(value, peer),
  namespaces: (value, { peer }) => identity(peer)?.namespace === value,
  serviceAccounts: (value, { peer }) => `${identity(peer)?.namespace}/${identity(peer)?.account}` === value,
  requestPrincipals: () => false,
  ipBlocks: (value, { address }) => isWithin(value, address),
  remoteIpBlocks: (value, { client }) => isWithin(value, client),
};

const identities = ['notPrincipals', 'notNamespaces', 'notServiceAccounts'];

const holds = (fields: Fields, seen: Case): boolean =>
  Object.entries(fields).every(([field, values]) => {
    const negative = /^not([A-Z])(.*)$/.exec(field);
    const name = negative ? `${negative[1]?.toLowerCase()}${negative[2]}` : field;
    const matches = matchers[name];
    if (!matches) throw new Error(`the judge does not know ${field}`);
    const any = values.some((value) => matches(value, { ...seen, negated: negative !== null }));
    if (!negative) return any;
    const isNobody = identities.includes(field) && seen.peer === undefined && !values.includes('*');
    return !any && !(isNobody && seen.action === 'ALLOW' && seen.reading === 'strict');
  });

/** What a server may take for the value: each of several, each of a list, with blanks around it or without. */
const members = (value: string): readonly string[] => [
  value,
  ...value.split(',').flatMap((one, index, all) => [
    one.trim(),
    all.slice(index).join().trim(),
    all
      .slice(0, index + 1)
      .join()
      .trim(),
  ]),
];

const isThere = (patterns: readonly string[], given: readonly string[], seen: Case): boolean => {
  if (seen.reading === 'istio' || patterns.includes('*')) return patterns.some((pattern) => given.some((value) => fits(pattern, value)));
  if (isWide(seen)) return patterns.some((pattern) => given.flatMap(members).some((value) => fits(pattern, value)));
  const [only, ...others] = given;
  return only !== undefined && others.length === 0 && patterns.some((pattern) => fits(pattern, only));
};

const conditionHolds = ({ key, values, notValues }: NonNullable<Rule['when']>[number], seen: Case): boolean => {
  const name = /^request\.headers\[(.*)\]$/.exec(key)?.[1]?.toLowerCase();
  if (name === undefined) throw new Error(`the judge does not know ${key}`);
  const given = valuesOf(seen.arrival, name);
  return (!values || isThere(values, given, seen)) && (!notValues || !isThere(notValues, given, { ...seen, negated: true }));
};

const matches = ({ from, to, when }: Rule, seen: Case): boolean =>
  (from?.some(({ source }) => holds(source, seen)) ?? true) &&
  (to?.some(({ operation }) => holds(operation, seen)) ?? true) &&
  (when ?? []).every((condition) => conditionHolds(condition, seen));

export const mayPass = (policies: readonly Spec[], seen: Seen, reading: Reading): boolean => {
  const any = (wanted: Spec['action']): boolean =>
    policies.some(
      ({ action, rules }) => action === wanted && rules.some((rule) => matches(rule, { ...seen, action, reading, negated: false })),
    );
  return !any('DENY') && (policies.every(({ action }) => action !== 'ALLOW') || any('ALLOW'));
};
