/** What conditions are about, how hard it is to change, and what it could be instead. */
import type { Claims } from '@weft/model';
import type { Condition, Conditions, Test } from '../mesh/index.ts';
import { claimAt } from './claims.ts';
import { type Facts, holds } from './facts.ts';
import { linesIn, withLines, withoutHeaders } from './request.ts';
import { identitiesOf, sampleOfGlob, sampleOfText, samplesOf } from './samples.ts';

/** Parts of a request that headers are other names of. */
const aliases: Readonly<Record<string, string>> = { ':method': 'method', ':path': 'path', ':authority': 'host', host: 'host' };

/** Conditions of one subject are met by one change. */
export const subjectOf = (test: Test): string => {
  switch (test.kind) {
    case 'principal':
    case 'namespace':
    case 'service-account':
    case 'trust-domain':
      return 'caller';
    case 'request-principal':
    case 'claim':
      return 'token';
    case 'header': {
      const name = test.name.toLowerCase();
      return (Object.hasOwn(aliases, name) ? aliases[name] : undefined) ?? `header ${name}`;
    }
    default:
      return test.kind;
  }
};

/** What is asked for, then what comes along, then who asks and from where. */
const efforts: Readonly<Record<string, number>> = { method: 1, path: 1, host: 1, 'destination-port': 2, 'server-name': 2, token: 2 };

const effortOf = (subject: string): number => efforts[subject] ?? (subject.startsWith('header ') ? 1 : 3);

/** Whoever asks for what a rule leaves out wants just that. */
const elsewhereEffort = 3;

/** How hard it is to change all that these are about. */
export const distance = (lacking: Conditions): number =>
  [...Map.groupBy(lacking, ({ test }) => subjectOf(test))].reduce(
    (sum, [subject, conditions]) => sum + (conditions.some(({ negated }) => negated) ? elsewhereEffort : effortOf(subject)),
    0,
  );

/** Nobody has written down what is asked about. */
export const isUnheld = (test: Test, { unheld, request }: Facts): boolean => {
  const subject = subjectOf(test);
  if (!unheld || unheld.supposed.has(subject)) return false;
  if (test.kind === 'claim') return request?.claims !== undefined && claimAt(request.claims, test.claim) === undefined;
  // A path's query is not written down either.
  return test.kind === 'header' && (subject.startsWith('header ') || subject === 'path');
};

export const isMet = (condition: Condition, facts: Facts): boolean => {
  const { test, negated } = condition;
  if (isUnheld(test, facts)) return facts.unheld?.as === 'met';
  if (test.kind === 'remote-ip' && test.unread && facts.unread) return test.unread === 'met';
  return holds(test, facts) !== negated;
};

type Tests<Kind extends Test['kind']> = readonly Extract<Test, { readonly kind: Kind }>[];

const ofKind = <Kind extends Test['kind']>(tests: readonly Test[], kind: Kind): Tests<Kind> =>
  tests.filter((test): test is Extract<Test, { readonly kind: Kind }> => test.kind === kind);

const most = 48;

const identities = (tests: readonly Test[], { identity = '' }: Facts): readonly string[] => {
  const own = identity.split('/');
  const whole = ofKind(tests, 'principal').flatMap(({ values }) => values.flatMap(samplesOf));
  const pieces = whole.map((name) => name.split('/'));
  const accounts = ofKind(tests, 'service-account').flatMap(({ values }) => values);
  const globs = (kind: 'namespace' | 'trust-domain') => ofKind(tests, kind).flatMap(({ values }) => values.map(sampleOfGlob));
  const at = (index: number) => pieces.flatMap((names) => names[index] ?? []);
  return [
    ...whole.map((name) => `spiffe://${name}`),
    ...identitiesOf(
      [own[2] ?? '', ...globs('trust-domain'), ...at(0), 'cluster.local'],
      [own[4] ?? '', ...accounts.map(({ namespace }) => namespace), ...globs('namespace'), ...at(2), 'elsewhere'],
      [own[6] ?? '', ...accounts.map(({ name }) => name), ...at(4), 'somebody'],
    ),
  ];
};

const withClaim = (claims: Claims, [name = '', ...path]: readonly string[], value: string): Claims => {
  const inner = Object.hasOwn(claims, name) ? claims[name] : undefined;
  const nested = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as Claims) : {};
  return { ...claims, [name]: path.length === 0 ? value : withClaim(nested, path, value) };
};

/** A token that has what is asked for, and nothing that need not be. */
const tokens = (tests: readonly Test[], conditions: Conditions, { request }: Facts): readonly Claims[] => {
  const pairs = ofKind(tests, 'request-principal').flatMap(({ values }) =>
    values.map(({ issuer, subject }) => ({ iss: sampleOfText(issuer), sub: sampleOfText(subject) })),
  );
  const bases: readonly Claims[] = [
    ...(request?.claims ? [request.claims] : []),
    ...pairs,
    { iss: 'https://issuer.example', sub: 'somebody' },
  ];
  const excluded = new Set(
    conditions.filter(({ negated }) => negated).flatMap(({ test }) => (test.kind === 'claim' ? [test.claim[0]] : [])),
  );
  return bases.flatMap((base) => {
    let claims = Object.fromEntries(Object.entries(base).filter(([name]) => !excluded.has(name)));
    for (const { claim, values } of ofKind(tests, 'claim')) claims = withClaim(claims, claim, values[0] ? sampleOfText(values[0]) : '');
    return pairs.length === 0 ? [claims] : [claims, ...pairs.map((pair) => ({ ...claims, ...pair }))];
  });
};

const elsewhere = ['192.0.2.254', '2001:db8:ffff::254'];
const methods = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];

type Field = 'method' | 'pathname' | 'authority';

/** Facts that differ from these in the subject alone, whether or not they meet the conditions. */
const others = (subject: string, conditions: Conditions, facts: Facts): readonly Facts[] => {
  const tests = conditions.filter(({ negated }) => !negated).map(({ test }) => test);
  const { request } = facts;
  const texts = tests.flatMap((test): readonly string[] =>
    test.kind === 'method' || test.kind === 'path' || test.kind === 'host' || test.kind === 'header' || test.kind === 'server-name'
      ? test.values.flatMap(samplesOf)
      : [],
  );
  const asking = (field: Field, values: readonly string[]): readonly Facts[] =>
    request ? values.map((value) => ({ ...facts, request: { ...request, [field]: value } })) : [];
  const networks = tests.flatMap((test) =>
    test.kind === 'source-ip' || test.kind === 'remote-ip' || test.kind === 'destination-ip' ? test.values : [],
  );
  const addresses = [...networks.map(({ address }) => address), ...elsewhere];
  switch (subject) {
    case 'method':
      return asking('method', [...texts.filter((text) => methods.includes(text)), ...methods, ...texts]);
    case 'path':
      return asking('pathname', [...texts, '/', '/elsewhere']);
    case 'host':
      return asking('authority', [...texts, 'elsewhere.example', 'elsewhere']);
    case 'server-name':
      return [...texts, 'elsewhere.example'].map((serverName) => ({ ...facts, serverName }));
    case 'destination-port':
      return [...ofKind(tests, 'destination-port').flatMap(({ values }) => values), facts.port + 1].map((port) => ({ ...facts, port }));
    case 'source-ip':
      return addresses.map((source) => ({ ...facts, source }));
    case 'remote-ip': {
      const { unread: _cured, ...read } = facts;
      return addresses.map((client) => ({ ...read, client }));
    }
    case 'destination-ip':
      return addresses.map((destination) => ({ ...facts, destination }));
    case 'caller': {
      const { identity: _known, ...stranger } = facts;
      return [...identities(tests, facts).map((identity) => ({ ...facts, identity })), stranger];
    }
    case 'token':
      return request ? tokens(tests, conditions, facts).map((claims) => ({ ...facts, request: { ...request, claims } })) : [];
    default: {
      if (!request || !subject.startsWith('header ')) return [];
      const name = subject.slice('header '.length);
      const values = [...texts, 'other'].map((value) => withLines(request, { ...linesIn(request), [name]: [value] }));
      return [...values, withoutHeaders(request, new Set([name]))].map((changed) => ({ ...facts, request: changed }));
    }
  }
};

/** Facts that differ from these in the subject alone and meet all conditions on it. */
export const changedIn = (subject: string, all: Conditions, facts: Facts): readonly Facts[] => {
  const conditions = all.filter(({ test }) => subjectOf(test) === subject);
  const { unheld } = facts;
  const supposed = unheld && { unheld: { ...unheld, supposed: new Set([...unheld.supposed, subject]) } };
  return others(subject, conditions, facts)
    .slice(0, 8 * most)
    .map((changed) => ({ ...changed, ...supposed }))
    .filter((changed) => conditions.every((condition) => isMet(condition, changed)))
    .slice(0, most);
};
