/**
 * Thousands of ways to write what policies forbid, over HTTP/1.1 and HTTP/2: no server hears of a request that the policies refuse,
 * and none is refused that they let pass [G20].
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomFrom } from '../simulation/random.ts';
import { type Court, type CourtName, courtNames, judged, openCourt } from './court.ts';
import { type Call, protocols } from './line.ts';
import { policies } from './policies.ts';
import { variant } from './variants.ts';

const isLong = process.env.WEFT_LONG === '1';
const total = isLong ? 100_000 : 5000;
const seed = Number(process.env.WEFT_SEED ?? 1);
const lines = 64;
const each = Math.ceil(total / courtNames.length / protocols.length / lines);

const courts = new Map<string, Court>();

beforeAll(async () => {
  for (const court of await Promise.all(courtNames.map((name) => openCourt(name, policies)))) courts.set(court.name, court);
});

afterAll(() => Promise.all([...courts.values()].map((court) => court.stop())));

const asked = async (court: Court, protocol: (typeof protocols)[number], start: number) => {
  const random = randomFrom(start);
  const pair = { guarded: court.line('guarded', protocol), open: court.line('open', protocol) };
  const faults: string[] = [];
  const statuses: number[] = [];
  for (let count = 0; count < each; count += 1) {
    const call = variant({ protocol, likeIstio: court.likeIstio }, random);
    const { answer, fault } = await judged(court, call, pair);
    statuses.push(answer.status);
    if (fault !== undefined) faults.push(`${JSON.stringify(call)} ${fault}`);
  }
  pair.guarded.close();
  pair.open.close();
  return { faults, statuses };
};

/** Envoy leaves clients that break the rules of HTTP/2 waiting: meanwhile others ask. */
describe.concurrent.each(courtNames)('at the %s', (name) => {
  test.each(protocols)(`%s: ${each * lines} variants from seed ${seed}`, { timeout: isLong ? 600_000 : 60_000 }, async (protocol) => {
    const court = courts.get(name);
    if (!court) throw new Error(`there is no ${name}`);
    const starts = Array.from({ length: lines }, (_, index) => seed * 1000 + index + protocols.indexOf(protocol) * 100);
    const results = await Promise.all(starts.map((start) => asked(court, protocol, start)));
    expect(results.flatMap(({ faults }) => faults)).toEqual([]);
    // Also what came without an answer that tells of it, as the second of two requests that were sent as one.
    expect(court.arrivals.filter((arrival) => !court.mayPass(arrival))).toEqual([]);
    const statuses = results.flatMap((result) => result.statuses);
    for (const status of [200, 403]) expect(statuses.filter((one) => one === status).length).toBeGreaterThan(statuses.length / 50);
  });
});

const role = (value: string): readonly [string, string] => ['x-role', value];

/** What Istio's documentation says of its own reading, and the catalogue's rows say otherwise. */
const outcomes: readonly (readonly [what: string, call: Call, status: 200 | 403, only?: CourtName])[] = [
  ['A1: dots are resolved', { path: '/app/../admin' }, 403],
  ['A2: slashes are kept', { path: '//admin' }, 200],
  ['A3: escaped slashes are kept', { path: '/x%2f..%2Fadmin' }, 200],
  ['A4: parameters make another path', { path: '/admin;a=b' }, 200],
  ['A9: queries are no part of it', { path: '/admin?x=1' }, 403],
  ['A14: a dot makes another host', { host: 'a.example.' }, 403],
  ['A17: each of several values counts, to keep out', { headers: [role('user'), role('admin')] }, 403],
  ['A17: and to let in', { host: 'role.example', headers: [role('user'), role('guest')] }, 200],
  ['A17: a list is a value of its own', { headers: [role('user,admin')] }, 200],
  ['A18: underscores are kept', { headers: [['x_role', 'admin']] }, 200],
  ['A21: nobody is none of those who are excepted', { host: 'stranger.example' }, 200],
  ['A29: the address of the connection is nobody’s word', { host: 'direct.example', headers: [['x-forwarded-for', '192.0.2.7']] }, 403],
  [
    'A30: of the client, servers believe who asks',
    { host: 'client.example', headers: [['x-forwarded-for', '192.0.2.7']] },
    200,
    'sidecar as Istio',
  ],
  ['A30: gateways do not', { host: 'client.example', headers: [['x-forwarded-for', '192.0.2.7']] }, 403, 'gateway as Istio'],
];

describe.each(['sidecar as Istio', 'gateway as Istio'] as const)('at the %s', (name) => {
  test.each(protocols)('%s: what Istio says of it', async (protocol) => {
    const line = courts.get(name)?.line('guarded', protocol);
    const found: string[] = [];
    for (const [what, call, status, only = name] of outcomes) {
      const answer = only === name ? await line?.ask(call) : { status };
      if (answer?.status !== status) found.push(`${what}: ${answer?.status}`);
    }
    line?.close();
    expect(found).toEqual([]);
  });
});
