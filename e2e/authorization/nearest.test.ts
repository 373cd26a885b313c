/**
 * What `explain` says would have to be different is enough, and the least: random requests that no ALLOW rule of random policies matches are
 * let in once they are changed as it says, and by no smaller change of one thing.
 */
import { expect, test } from 'vitest';
import { atServer } from '../../compile/src/explain/arriving.ts';
import type { Facts } from '../../compile/src/explain/facts.ts';
import { nearest } from '../../compile/src/explain/nearest.ts';
import { linesIn, withLines } from '../../compile/src/explain/request.ts';
import { distance } from '../../compile/src/explain/subjects.ts';
import { verdict } from '../../compile/src/explain/verdict.ts';
import type { AuthorizationSlice } from '../../compile/src/mesh/index.ts';
import { manifests } from '../security/scene.ts';
import { type Random, randomFrom } from '../simulation/random.ts';
import { viewOf } from '../traffic/manifests.ts';
import { type Asked, askedOf, claims, hosts, paths } from './asked.ts';
import { identities, policiesFor } from './chance.ts';

const port = 8080;

const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port }] },
};

const viewFor = (random: Random) =>
  viewOf(manifests([service, ...(policiesFor(random, { namespace: 'shop', port, content: 'http' }) as Record<string, unknown>[])]));

const factsOf = (view: ReturnType<typeof viewFor>, { identity, request, at: address, source, serverName }: Asked): Facts => {
  const arrival = { port, request, mtls: identity !== undefined, content: 'http' as const };
  const sender = { ...(identity !== undefined && { identity: `spiffe://${identities[identity]}` }), address: source };
  return atServer({ view, arrival, address, serverName }, sender, true);
};

const isAllowed = (authorization: AuthorizationSlice, facts: Facts): boolean => verdict(authorization, facts).allowed;

/** All that differ in one thing, with how hard that is to change. */
const singleChanges = (facts: Facts, random: Random): readonly (readonly [effort: number, changed: Facts])[] => {
  const { request, identity: _identity, ...rest } = facts;
  if (!request) return [];
  const asking = (change: object): Facts => ({ ...facts, request: { ...request, ...change } });
  const withHeader = (name: string, value: string): Facts => ({
    ...facts,
    request: withLines(request, { ...linesIn(request), [name]: [value] }),
  });
  return [
    ...['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'].map((method) => [1, asking({ method })] as const),
    ...paths.filter((path) => !/[?%]|\/\/|\.\./.test(path)).map((pathname) => [1, asking({ pathname })] as const),
    ...[...hosts, 'a.example:8080'].map((authority) => [1, asking({ authority })] as const),
    ...['v', 'vw', 'wv', 'a,b'].map((value) => [1, withHeader('x-v', value)] as const),
    ...['ann', 'bob'].map((value) => [1, withHeader('x-user', value)] as const),
    ...Array.from({ length: 8 }, () => [2, asking({ claims: claims(random) })] as const),
    ...identities.map((name) => [3, { ...facts, identity: `spiffe://${name}` }] as const),
    [3, { ...rest, request }],
    ...['127.0.0.3', '127.0.0.17', '10.1.1.1', '192.0.2.1', '::1'].flatMap((address) => [
      [3, { ...facts, source: address }] as const,
      [3, { ...facts, client: address }] as const,
      [3, { ...facts, destination: address }] as const,
    ]),
  ];
};

const isLong = Boolean(process.env.WEFT_LONG);

test('what is lacking is enough, and the least', { timeout: isLong ? 3_400_000 : 120_000 }, () => {
  const seed = isLong ? Date.now() % 2 ** 32 : 20_265;
  const random = randomFrom(seed);
  const wrong: string[] = [];
  let [refused, vain] = [0, 0];
  for (let round = 0; round < (isLong ? 3000 : 40); round += 1) {
    const view = viewFor(random);
    const { authorization } = view;
    for (let index = 0; index < 20; index += 1) {
      const facts = factsOf(view, askedOf(random, { port, proxied: false }, ''));
      const admitting = authorization.allow.filter(({ dryRun }) => !dryRun);
      const denying = [...authorization.undecided, ...authorization.deny.filter(({ dryRun }) => !dryRun)];
      if (!verdict(authorization, facts).why.endsWith('[default deny]')) continue;
      refused += 1;
      const found = nearest(admitting, { facts, denying });
      const note = (text: string, changed?: Facts) =>
        wrong.push([text, found, facts, changed, authorization].map((one) => JSON.stringify(one)).join('\n'));
      if (found?.instead && !isAllowed(authorization, found.instead)) note('not enough', found.instead);
      if (!found?.instead) vain += 1;
      const far = found?.instead ? distance(found.rule.lacking) : Number.POSITIVE_INFINITY;
      const less = singleChanges(facts, random).find(([effort, changed]) => effort < far && isAllowed(authorization, changed));
      if (less) note(`${less[0]} is less than ${far}`, less[1]);
    }
  }
  expect(wrong.slice(0, 3), `seed ${seed}`).toEqual([]);
  expect(refused).toBeGreaterThan(isLong ? 4000 : 60);
  // Some rules ask for what cannot be, or what is denied in any case.
  expect(vain).toBeLessThan(refused / 4);
});
