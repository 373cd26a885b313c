/** Lines as Envoy 1.40 writes them. */
import { describe, expect, test } from 'vitest';
import type { WorkloadLabels } from '../istio/standard.ts';
import { readRecord } from './line.ts';
import type { AccessRecord } from './record.ts';

const own: WorkloadLabels = {
  workload: 'ledger-1',
  namespace: 'shop',
  principal: 'spiffe://cluster.local/ns/shop/sa/ledger',
  app: 'ledger',
  version: 'v2',
  cluster: 'Kubernetes',
  canonicalService: 'ledger',
  canonicalRevision: 'v2',
};

const served = {
  v: 1,
  kind: 'http',
  side: 'destination',
  time: '2026-11-23T09:01:33.887Z',
  ms: 3,
  method: 'POST',
  host: 'ledger:8080',
  path: '/entries',
  protocol: 'HTTP/2',
  status: 200,
  grpc: 5,
  details: 'via_upstream',
  flags: '-',
  route: 'default',
  received: 12,
  sent: 34,
  peer: '10.244.0.7:40000',
  client: '203.0.113.9',
  local: '10.244.0.8:8080',
  upstream: '10.244.0.8:8080',
  cluster: 'inbound|8080||',
  service: 'ledger.shop.svc.cluster.local',
  principal: 'spiffe://cluster.local/ns/web/sa/front',
  name: 'front-1.front.v1_d2.Kubernetes.meta.mesh',
  serial: 'c17f',
  tls: 'TLSv1.3',
  cipher: 'TLS_AES_128_GCM_SHA256',
  sni: 'outbound_.80_._.ledger.shop.svc.cluster.local',
  rule: 'ns[shop]-policy[ledger]-rule[2]',
  request: 'eb0a3e90-13eb-4e76-8f70-0dc8f36654d9',
  trace: '4bf92f3577b34da6a3ce929d0e0e4736',
};

const read = (fields: object): AccessRecord => {
  const record = readRecord(JSON.stringify(fields), own);
  if (typeof record === 'string') throw new Error(record);
  return record;
};

test('a request that was served', () => {
  expect(read(served)).toEqual({
    at: Date.UTC(2026, 10, 23, 9, 1, 33, 887),
    side: 'destination',
    source: {
      principal: 'spiffe://cluster.local/ns/web/sa/front',
      namespace: 'web',
      workload: 'front-1',
      app: 'front',
      version: 'v1.2',
      cluster: 'Kubernetes',
      address: '10.244.0.7:40000',
      client: '203.0.113.9',
    },
    destination: {
      principal: own.principal,
      namespace: 'shop',
      workload: 'ledger-1',
      app: 'ledger',
      version: 'v2',
      cluster: 'Kubernetes',
      address: '10.244.0.8:8080',
      service: 'ledger.shop.svc.cluster.local',
    },
    duration: 3,
    protocol: 'HTTP/2',
    request: {
      method: 'POST',
      host: 'ledger:8080',
      path: '/entries',
      status: 200,
      grpcStatus: '5',
      id: 'eb0a3e90-13eb-4e76-8f70-0dc8f36654d9',
      trace: '4bf92f3577b34da6a3ce929d0e0e4736',
      denial: '',
    },
    received: 12,
    sent: 34,
    flags: '',
    details: 'via_upstream',
    route: 'default',
    upstreamCluster: 'inbound|8080||',
    tls: {
      version: 'TLSv1.3',
      cipher: 'TLS_AES_128_GCM_SHA256',
      serial: 'c17f',
      serverName: 'outbound_.80_._.ledger.shop.svc.cluster.local',
    },
    mtls: true,
    verdict: { kind: 'allowed', rule: { namespace: 'shop', name: 'ledger', rule: 2 } },
  });
});

test('a call is the proxy’s own, and the peer is whom it reached', () => {
  const { service: _service, ...call } = {
    ...served,
    side: 'source',
    cluster: 'outbound|80|v2|bank.shop.svc.cluster.local',
    led: 'shop/bank spec.http[1]',
  };
  const { source, destination, led } = read(call);
  expect(led).toEqual({ namespace: 'shop', name: 'bank', path: 'spec.http[1]' });
  expect(read({ ...call, led: 'somebody else’s' }).led).toBeUndefined();
  expect(source).toMatchObject({ workload: 'ledger-1', address: '10.244.0.7:40000' });
  expect(destination).toMatchObject({ workload: 'front-1', address: '10.244.0.8:8080', service: 'bank.shop.svc.cluster.local' });
});

test('plaintext has no principal, and nothing is made up', () => {
  const { principal: _p, name: _n, tls: _t, cipher: _c, serial: _s, ...plain } = served;
  const record = read({ ...plain, kind: 'tcp' });
  expect(record).toMatchObject({ mtls: false, source: { principal: '', namespace: '', workload: '' } });
  expect(record.tls).toBeUndefined();
  expect(record.request).toBeUndefined();
});

test('TLS without a client’s certificate is not mutual', () => {
  expect(read({ ...served, principal: undefined, name: undefined })).toMatchObject({ mtls: false, tls: { version: 'TLSv1.3' } });
});

describe('verdicts', () => {
  test.each([
    ['rbac_access_denied_matched_policy[ns[shop]-policy[closed]-rule[0]]', 'policy', { namespace: 'shop', name: 'closed', rule: 0 }],
    [
      'rbac_access_denied_matched_policy[ns[shop]-policy[ask]-rule[1]-deny-due-to-bad-CUSTOM-action]',
      'policy',
      { namespace: 'shop', name: 'ask', rule: 1 },
    ],
    ['rbac_access_denied_matched_policy[none]', 'policy', undefined],
    ['ext_authz_denied', 'authorizer', undefined],
    ['jwt_authn_access_denied{Jwt_is_expired}', 'token', undefined],
  ])('%s', (details, by, rule) => {
    expect(read({ ...served, details, rule: undefined }).verdict).toEqual({ kind: 'denied', by, reason: details, ...(rule && { rule }) });
  });

  test('of a connection that was refused, and of one that was not', () => {
    const connection = { ...served, kind: 'tcp', details: undefined, rule: undefined, refused: ' ns[shop]-policy[db]-rule[1]' };
    expect(read(connection).verdict).toMatchObject({ kind: 'denied', by: 'policy', rule: { name: 'db', rule: 1 } });
    expect(read({ ...connection, refused: ' none' }).verdict).toEqual({ kind: 'denied', by: 'policy', reason: 'none' });
    expect(read({ ...connection, passed: 'yes' }).verdict).toEqual({ kind: 'allowed' });
  });

  test('without policies nobody was asked', () => {
    expect(read({ ...served, rule: undefined }).verdict).toEqual({ kind: 'allowed' });
    expect(read({ ...served, rule: 'somebody else’s' }).verdict).toEqual({ kind: 'allowed' });
  });

  test('what an AUDIT policy matched', () => {
    expect(read({ ...served, audited: 'ns[shop]-policy[watch]-rule[0]' }).audited).toEqual({ namespace: 'shop', name: 'watch', rule: 0 });
  });
});

describe('what is no record is told', () => {
  test.each([
    ['{"v":1,"kind":"http"', 'no JSON'],
    ['', 'no JSON'],
    ['null', 'no object'],
    ['[1]', 'no object'],
    ['{"v":2}', 'no record of version 1'],
    ['{"v":1,"time":"yesterday"}', 'no time'],
    ['{"v":1,"time":"2026-11-23T09:01:33.887Z","side":"both"}', 'no side'],
    ['{"v":1,"time":"2026-11-23T09:01:33.887Z","side":"source"}', 'no kind'],
    ['x'.repeat(20_000), 'a line of 20000 characters'],
  ])('%.60s', (line, fault) => expect(readRecord(line, own)).toBe(fault));

  test('values of the wrong type are none', () => {
    expect(read({ ...served, ms: 'long', path: 7, sent: -1, grpc: 'x' })).toMatchObject({
      duration: 0,
      sent: 0,
      request: { path: '', grpcStatus: '' },
    });
  });
});
