import type { Hop, Judgement } from '@weft/model';
import { describe, expect, test } from 'vitest';
import type { WorkloadLabels } from '../istio/standard.ts';
import { readRecord } from '../records/line.ts';
import type { AccessRecord, Verdict } from '../records/record.ts';
import { cameInOf } from './came-in.ts';
import { agrees, findingsIn, whyHop } from './why.ts';

const own: WorkloadLabels = {
  ...{ workload: 'ledger', namespace: 'shop', principal: '', app: 'ledger', version: '', cluster: '' },
  ...{ canonicalService: 'ledger', canonicalRevision: '' },
};

const read = (fields: object): AccessRecord => {
  const record = readRecord(JSON.stringify({ v: 1, time: '2026-11-23T09:01:33.887Z', kind: 'http', side: 'destination', ...fields }), own);
  if (typeof record === 'string') throw new Error(record);
  return record;
};

const web = 'spiffe://cluster.local/ns/shop/sa/web';
const arrived = { peer: '10.244.0.7:40000', client: '10.244.0.7', local: '10.244.0.8:5432' };

describe('the question to the configuration', () => {
  test('of a request is who asked what, by which connection', () => {
    const served = {
      ...arrived,
      principal: web,
      tls: 'TLSv1.3',
      sni: 'a.b',
      method: 'POST',
      host: 'ledger',
      path: '/entries',
      status: 403,
    };
    expect(cameInOf(read(served))).toEqual({
      at: Date.UTC(2026, 10, 23, 9, 1, 33, 887),
      proxy: { namespace: 'shop', workload: 'ledger', address: '10.244.0.8' },
      ...{ identity: web, source: '10.244.0.7', client: '10.244.0.7', port: 5432, serverName: 'a.b', mtls: true },
      request: { method: 'POST', host: 'ledger', path: '/entries' },
    });
  });

  test('of a connection that no handshake proved names nobody, whatever was claimed', () => {
    const refused = read({
      ...arrived,
      kind: 'tcp',
      details: 'TLS_error:|1:CERTIFICATE_VERIFY_FAILED',
      denial: '7-1',
      claimed: web,
      sni: 'a.b',
    });
    expect(refused.refusal).toEqual({ id: '7-1', claimed: web, serverName: 'a.b' });
    const asked = cameInOf(refused);
    expect(asked).toMatchObject({ identity: '', mtls: false, serverName: 'a.b', port: 5432 });
    expect(asked).not.toHaveProperty('request');
  });

  test('at a gateway is about the port that its client dialled', () => {
    const passed = {
      side: 'source',
      peer: '203.0.113.9:40000',
      client: '203.0.113.9',
      local: '10.244.0.9:8080',
      method: 'GET',
      host: 'shop',
      path: '/',
    };
    expect(cameInOf(read(passed))).toMatchObject({
      proxy: { namespace: 'shop', workload: 'ledger', address: '' },
      ...{ port: 8080, source: '203.0.113.9', identity: '' },
    });
  });
});

describe('configuration and proxy say the same', () => {
  const hop = (verdict?: Hop['verdict'], kind: Hop['outcome']['kind'] = 'refused'): Judgement => ({
    hop: {
      ...{
        proxy: 'shop/ledger-1',
        role: 'server',
        listener: '',
        filterChain: '',
        virtualHost: '',
        route: '',
        clusters: [],
        timeout: 0,
        tls: '',
      },
      ...{ rewrites: {}, outcome: { kind, why: '' } },
      ...(verdict && { verdict }),
    },
    configuration: { revision: 1, moment: 'then', changedSince: false },
    concerned: [],
  });
  const refusedBy = (rule?: number): Hop['verdict'] => ({
    ...{ allowed: false, why: '', caller: {} },
    ...(rule !== undefined && { by: { policy: 'rules', namespace: 'shop', rule, condition: '' } }),
  });
  const denied = (by: Extract<Verdict, { kind: 'denied' }>['by'], rule?: number): Verdict => ({
    ...{ kind: 'denied', by, reason: '' },
    ...(rule !== undefined && { rule: { namespace: 'shop', name: 'rules', rule } }),
  });

  test.each([
    ['the same rule', denied('policy', 1), hop(refusedBy(1)), true],
    ['another rule', denied('policy', 1), hop(refusedBy(0)), false],
    ['none that allows it', denied('policy'), hop(refusedBy()), true],
    ['a rule where the proxy knew none', denied('policy'), hop(refusedBy(0)), false],
    ['allowed by now', denied('policy', 1), hop({ ...refusedBy(), allowed: true, why: '', caller: {} }, 'forward'), false],
    ['no way in', denied('listener'), hop(), true],
    ['a way in by now', denied('listener'), hop(undefined, 'forward'), false],
    [
      'a token that this configuration looks at',
      denied('token'),
      hop({ ...refusedBy(), allowed: false, why: '', caller: {}, refusedBy: 'token' }),
      true,
    ],
    ['a token that nobody looks at', denied('token'), hop(refusedBy()), false],
    ['nobody known', denied('policy', 1), { configuration: hop().configuration, concerned: [] }, false],
  ] as const)('%s', (_, verdict, judgement, same) => expect(agrees(verdict, judgement)).toBe(same));
});

test('a refusal is told by the proxy that refused, and remedies name the objects that are there', () => {
  const details = 'rbac_access_denied_matched_policy[none]';
  const request = { method: 'POST', host: 'ledger', path: '/entries', status: 403, details, request: 'one' };
  const server = read({ ...arrived, ...request, denial: 'd' });
  const caller = read({ ...arrived, ...request, side: 'source', upstream: arrived.local });
  const { about, hops, refusal } = findingsIn([caller, server]);
  expect([about, hops.length, refusal]).toEqual(['refusal', 1, server]);
  const place = { kind: 'AuthorizationPolicy', namespace: 'shop', name: 'rules', path: '' };
  const [hop] = hops;
  expect(hop && whyHop(hop, { objects: [place] }).diagnosis?.remedies).toEqual([
    { kind: 'AuthorizationPolicy', field: 'spec.rules', object: place },
  ]);
  expect(hop && whyHop(hop, { objects: [] }).diagnosis?.remedies).toEqual([{ kind: 'AuthorizationPolicy', field: 'spec.rules' }]);
});
