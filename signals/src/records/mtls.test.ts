import type { MtlsMode, PortMode, WorkloadModes } from '@weft/model';
import { describe, expect, test } from 'vitest';
import { type Arrivals, arrivalsIn, type Protection } from './arrivals.ts';
import { type Came, mtlsReport, strictPlan } from './mtls.ts';
import type { AccessRecord } from './record.ts';

const hour = 3_600_000;

const record = (more: Partial<AccessRecord> & { readonly peer?: string; readonly port?: number } = {}): AccessRecord => {
  const { peer = '10.244.0.7:40000', port = 8080, ...rest } = more;
  const party = { app: '', version: '', cluster: '' };
  return {
    ...{ at: 0, side: 'destination', duration: 1, protocol: 'HTTP/1.1', received: 0, sent: 0, flags: '', details: '', route: '' },
    ...{ upstreamCluster: '', mtls: false, verdict: { kind: 'allowed' } },
    source: { ...party, principal: '', namespace: '', workload: '', address: peer, client: '' },
    destination: { ...party, principal: '', namespace: 'shop', workload: 'ledger', address: `10.244.0.8:${port}`, service: '' },
    ...rest,
  };
};

describe('arrivals', () => {
  test('are counted by who came to which port, and by what they were protected', () => {
    const principal = 'spiffe://cluster.local/ns/shop/sa/web';
    const proven = { ...record().source, principal, namespace: 'shop', workload: 'web' };
    const counted = arrivalsIn([
      record({ at: 5 }),
      record({ at: 3, peer: '10.244.0.7:40001' }),
      record({ at: 4, mtls: true, source: proven }),
      record({ at: 6, mtls: true, source: { ...proven, address: '10.244.0.77:1' } }),
      record({ at: 9, verdict: { kind: 'denied', by: 'listener', reason: '' } }),
      record({ at: 9, verdict: { kind: 'denied', by: 'policy', reason: '' }, port: 9090 }),
      record({ side: 'source' }),
    ]);
    expect(counted).toMatchObject([
      { port: 8080, protection: 'plaintext', address: '10.244.0.7', count: 2, first: 3, last: 5 },
      { port: 8080, protection: 'mutual TLS', principal, address: '', sourceWorkload: 'web', count: 2, first: 4, last: 6 },
      { port: 8080, protection: 'refused', count: 1 },
      { port: 9090, protection: 'plaintext', count: 1 },
    ]);
  });
});

const came = (protection: Protection, count: number, more: Partial<Arrivals> = {}): Arrivals => ({
  ...{ namespace: 'shop', workload: 'ledger', port: 8080, protection, count, first: hour, last: 2 * hour },
  ...{ principal: '', sourceNamespace: '', sourceWorkload: '', address: protection === 'mutual TLS' ? '' : '10.244.0.7' },
  ...more,
});

const port = (number: number | undefined, mode: MtlsMode): PortMode => ({
  ...(number !== undefined && { port: number }),
  protocol: 'http',
  mode,
});

const ledger = (...ports: readonly PortMode[]): WorkloadModes => ({
  ...{ namespace: 'shop', workload: 'ledger', addresses: ['10.244.0.8'], proxy: 'sidecar', ports },
});

const world = (...arrivals: readonly Arrivals[]): Came => ({
  ...{ arrivals, window: { from: 0, to: 3 * hour }, knownSince: hour },
  pods: [{ workload: 'old/legacy', addresses: ['10.244.0.7'], proxy: 'none', since: 0 }],
});

const only = (modes: WorkloadModes, all: Came) => mtlsReport([modes], all).workloads[0]?.ports[0];

describe('a port', () => {
  test('tells the share of plaintext, and who sends it', () => {
    expect(only(ledger(port(8080, 'PERMISSIVE')), world(came('mutual TLS', 30), came('plaintext', 10)))).toMatchObject({
      ...{ mutual: 30, plaintext: 10, refused: 0, plaintextShare: 0.25, forecast: 'breaks' },
      clients: [{ workload: 'old/legacy', address: '10.244.0.7', count: 10, last: 2 * hour, refused: false, adapts: false }],
    });
  });

  test.each([
    ['all by mutual TLS', 'PERMISSIVE', [came('mutual TLS', 1)], 'safe'],
    ['nobody', 'PERMISSIVE', [], 'unseen'],
    ['only who was refused', 'PERMISSIVE', [came('refused', 1)], 'unseen'],
    ['plaintext under DISABLE from one without a sidecar', 'DISABLE', [came('plaintext', 1)], 'breaks'],
    ['anything under STRICT', 'STRICT', [came('refused', 9)], 'strict'],
    ['plaintext at another port', 'PERMISSIVE', [came('plaintext', 1, { port: 9090 })], 'unseen'],
  ] as const)('%s', (_, mode, arrivals, forecast) => {
    expect(only(ledger(port(8080, mode)), world(...arrivals))?.forecast).toBe(forecast);
  });

  test('that demands plaintext does not break clients who have a sidecar: they would come by mutual TLS', () => {
    const all = world(came('plaintext', 4));
    const pods = all.pods.map((pod) => ({ ...pod, proxy: 'sidecar' as const }));
    expect(only(ledger(port(8080, 'DISABLE')), { ...all, pods })).toMatchObject({ forecast: 'safe', clients: [{ adapts: true }] });
    expect(only(ledger(port(8080, 'PERMISSIVE')), { ...all, pods }), 'what it sends in plaintext though it need not').toMatchObject({
      forecast: 'breaks',
    });
  });

  test('does not name a pod for what came from its address before it was there', () => {
    const all = world(came('plaintext', 1));
    const pods = all.pods.map((pod) => ({ ...pod, since: 3 * hour }));
    expect(only(ledger(port(8080, 'PERMISSIVE')), { ...all, pods })?.clients[0]).not.toHaveProperty('workload');
  });

  test('that nobody lists is counted with all others', () => {
    const ports = mtlsReport([ledger(port(8080, 'STRICT'), port(undefined, 'PERMISSIVE'))], world(came('plaintext', 2, { port: 9999 })))
      .workloads[0]?.ports;
    expect(ports?.map(({ plaintext, forecast }) => [plaintext, forecast])).toEqual([
      [0, 'strict'],
      [2, 'breaks'],
    ]);
  });
});

describe('the plan', () => {
  const manifest = { apiVersion: 'v1', kind: 'PeerAuthentication', metadata: { name: 'default', namespace: 'shop' }, spec: {} };
  const planned = (before: readonly PortMode[], after: readonly PortMode[], ...arrivals: readonly Arrivals[]) =>
    strictPlan({ namespace: 'shop', before: [ledger(...before)], after: [ledger(...after)], manifest, findings: [] }, world(...arrivals));
  const permissive = [port(8080, 'PERMISSIVE'), port(9090, 'PERMISSIVE'), port(undefined, 'PERMISSIVE')];
  const strict = [port(8080, 'STRICT'), port(9090, 'STRICT'), port(undefined, 'STRICT')];

  test('is safe where all ports were seen, and all who came would be served', () => {
    const plan = planned(permissive, strict, came('mutual TLS', 1), came('mutual TLS', 1, { port: 9090 }));
    expect([plan.verdict, plan.exceptions]).toEqual(['safe', []]);
  });

  test('proves nothing of a port where nobody came', () => {
    const plan = planned(permissive, strict, came('mutual TLS', 1));
    expect(plan.verdict).toBe('unproven');
    expect(plan.changes[0]?.ports.filter(({ forecast }) => forecast === 'unseen').map((one) => one.port)).toEqual([9090, undefined]);
  });

  test('breaks whoever came in plaintext, also to a port that nobody lists', () => {
    expect(planned(permissive, strict, came('plaintext', 1)).verdict).toBe('breaks');
    expect(planned(permissive, strict, came('plaintext', 1, { port: 7 })).verdict).toBe('breaks');
  });

  test('leaves out what an object of its own says otherwise', () => {
    const after = [port(8080, 'STRICT'), port(9090, 'DISABLE'), port(undefined, 'STRICT')];
    const plan = planned(
      [port(8080, 'PERMISSIVE'), port(9090, 'DISABLE'), port(undefined, 'PERMISSIVE')],
      after,
      came('mutual TLS', 1),
      came('plaintext', 9, { port: 9090 }),
    );
    expect(plan.verdict).toBe('safe');
    expect(plan.exceptions[0]?.ports.map((one) => [one.port, one.mode])).toEqual([[9090, 'DISABLE']]);
  });
});
