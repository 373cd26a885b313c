/** 10,000 names near those that policies speak of, against the very matchers that Envoy is told: none of them matches (A26). */
import { type JsonObject, toJson } from '@weft/envoy';
import { RBAC_Action, RBACSchema } from '@weft/envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import { registry } from '@weft/envoy/registry';
import { matchesRegex } from '@weft/model';
import { expect, test } from 'vitest';
import { accountOf, globOf, textOf } from '../istio/authorization-value.ts';
import type { Test } from '../mesh/index.ts';
import { namedRules, rbac } from './rbac.ts';

/** Envoy's StringMatcher as the configuration has it. */
interface Matcher {
  readonly exact?: string;
  readonly prefix?: string;
  readonly suffix?: string;
  readonly safe_regex?: { readonly regex: string };
}

const matcherOf = (one: Test): Matcher => {
  const policy = { namespace: 'shop', name: 'near', action: 'ALLOW' as const, dryRun: false };
  const rules = [{ from: [[{ path: 'spec', negated: false, test: one }]], to: [[]], when: [] }];
  const { policies } = toJson(RBACSchema, rbac(RBAC_Action.ALLOW, namedRules([{ ...policy, rules }])), {
    useProtoFieldName: true,
    registry,
  }) as unknown as {
    readonly policies: Readonly<Record<string, { readonly principals: readonly JsonObject[] }>>;
  };
  const [principal] = Object.values(policies).flatMap(({ principals }) => principals);
  const found = (principal as { custom?: { typed_config?: { san_matcher?: { matcher?: Matcher } } } }).custom?.typed_config?.san_matcher
    ?.matcher;
  if (!found) throw new Error(JSON.stringify(principal));
  return found;
};

const takes = ({ exact, prefix, suffix, safe_regex: regex }: Matcher, uri: string): boolean => {
  if (exact !== undefined) return uri === exact;
  if (prefix !== undefined) return uri.startsWith(prefix);
  if (suffix !== undefined) return uri.endsWith(suffix);
  return regex !== undefined && matchesRegex(regex.regex, uri);
};

interface Parts {
  readonly domain: string;
  readonly namespace: string;
  readonly account: string;
}

/** Taken apart by hand. */
const partsOf = (uri: string): Parts | undefined => {
  const [scheme, empty, domain = '', ns, namespace = '', sa, account = '', ...others] = uri.split('/');
  const isWorkload = scheme === 'spiffe:' && empty === '' && ns === 'ns' && sa === 'sa' && others.length === 0;
  return isWorkload && domain && namespace && account ? { domain, namespace, account } : undefined;
};

const pieces = [
  '.',
  '-',
  'X',
  '/',
  '[',
  ']',
  '+',
  '*',
  '?',
  '%2e',
  '%2F',
  '\\',
  '^',
  '$',
  '|',
  '\n',
  ' ',
  ';',
  '..',
  'é',
  '\0',
  '/ns/shop',
  '/sa/x',
  '_',
  ',',
  ':',
  '@',
  '%5B',
  '\t',
  '~',
  '(',
  ')',
  '{1}',
  '#',
  '&',
];

/** Every character left out, replaced by each piece, preceded by it, or in the other case; and what stands around. */
const near = (uri: string): readonly string[] => {
  const other = (letter: string) => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase());
  const at = Array.from({ length: uri.length }, (_, index) => [uri.slice(0, index), uri.charAt(index), uri.slice(index + 1)] as const);
  const inside = at.flatMap(([before, letter, after]) => [
    before + after,
    before + other(letter) + after,
    ...pieces.flatMap((piece) => [before + piece + after, before + piece + letter + after]),
  ]);
  return [...new Set([...inside, ...pieces.flatMap((piece) => [uri + piece, piece + uri])])].filter((name) => name !== uri);
};

const cases: readonly (readonly [string, Test, (parts: Parts, uri: string) => boolean, string])[] = [
  [
    'a principal',
    { kind: 'principal', values: [textOf('cluster.local/ns/a.b/sa/x+y[z]')] },
    (_, uri) => uri === 'spiffe://cluster.local/ns/a.b/sa/x+y[z]',
    'spiffe://cluster.local/ns/a.b/sa/x+y[z]',
  ],
  [
    'an account',
    { kind: 'service-account', values: [accountOf('cert-manager.io', 'shop.x')] },
    ({ namespace, account }) => namespace === 'shop.x' && account === 'cert-manager.io',
    'spiffe://cluster.local/ns/shop.x/sa/cert-manager.io',
  ],
  [
    'a namespace',
    { kind: 'namespace', values: [globOf('te.am+1')] },
    ({ namespace }) => namespace === 'te.am+1',
    'spiffe://cluster.local/ns/te.am+1/sa/web',
  ],
  [
    'a namespace with a star',
    { kind: 'namespace', values: [globOf('team.*-prod')] },
    ({ namespace }) => /^team\.[^/]*-prod$/s.test(namespace),
    'spiffe://cluster.local/ns/team.one-prod/sa/web',
  ],
  [
    'a trust domain',
    { kind: 'trust-domain', values: [globOf('cluster.local')] },
    ({ domain }) => domain === 'cluster.local',
    'spiffe://cluster.local/ns/shop/sa/cert-manager.io',
  ],
];

test('none of them is who a policy names', () => {
  const misses = cases.flatMap(([what, one, isMeant, uri]) => {
    const matcher = matcherOf(one);
    expect(takes(matcher, uri), what).toBe(true);
    return near(uri).map((name) => {
      const parts = partsOf(name);
      return { what, name, taken: takes(matcher, name), meant: parts !== undefined && isMeant(parts, name) };
    });
  });
  const strangers = misses.filter(({ meant }) => !meant);
  expect(strangers.filter(({ taken }) => taken)).toEqual([]);
  expect(strangers.length).toBeGreaterThan(10_000 - 1);
});
