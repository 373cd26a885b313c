/** Nodes that say of themselves what their credential does not: whatever they claim, they get their own configuration or none. */
import type { JsonObject } from '@bufbuild/protobuf';
import type { Proxy } from '@weft/model';
import { expect, test } from 'vitest';
import type { Caller } from '../ca/caller.ts';
import { instance } from '../ca/fixture.ts';
import type { Instance, Registry } from '../registry.ts';
import { claimedProxy } from './claim.ts';

const instances: readonly Instance[] = [
  instance('shop', 'web-1', { labels: { app: 'web' } }),
  instance('shop', 'web-2', { labels: { app: 'web' } }),
  instance('shop', 'cart-1', { serviceAccount: 'cart', labels: { app: 'cart' } }),
  { ...instance('shop', 'late-1', { labels: { app: 'late' } }), address: '' },
  instance('edge', 'gate-1', { serviceAccount: 'gate', proxy: 'gateway', labels: { app: 'gate' } }),
  instance('pay', 'ledger-0', { serviceAccount: 'ledger', labels: { app: 'ledger' } }),
  instance('shop', 'job-1', { proxy: 'none' }),
];
const registry: Registry = {
  find: (namespace, name) => instances.find(({ pod }) => pod.namespace === namespace && pod.name === name),
  list: () => instances,
};

const callerOf = ({ pod: { namespace, serviceAccount, name, uid } }: Instance, by: Caller['by']): Caller => ({
  identity: { trustDomain: 'cluster.local', namespace, serviceAccount },
  instance: { name, uid },
  by,
});

interface Claim {
  readonly role: string;
  readonly address: string;
  readonly name: string;
  readonly namespace: string;
  readonly domain: string;
  readonly metadata: JsonObject;
}

const honest = ({ pod, address }: Instance): Claim => ({
  role: pod.proxy === 'gateway' ? 'router' : 'sidecar',
  address: address || '10.244.0.9',
  name: pod.name,
  namespace: pod.namespace,
  domain: `${pod.namespace}.svc.cluster.local`,
  metadata: { NAME: pod.name, NAMESPACE: pod.namespace, SERVICE_ACCOUNT: pod.serviceAccount, LABELS: pod.labels },
});

const ask = ({ role, address, name, namespace, domain, metadata }: Claim, caller: Caller) =>
  claimedProxy(
    { id: `${role}~${address}~${name}.${namespace}~${domain}`, metadata, locality: { region: '', zone: '', subzone: '' } },
    caller,
    registry,
  );

/** All of a proxy that decides what it is told. */
const told = ({ role, name, namespace, serviceAccount, labels, addresses, unbound }: Proxy) => ({
  ...{ role, name, namespace, serviceAccount, labels, addresses, unbound },
});

const names = [
  'web-1',
  'web-2',
  'cart-1',
  'gate-1',
  'ledger-0',
  'late-1',
  'job-1',
  'nobody-1',
  'WEB-1',
  'web-1 ',
  'web-1.shop',
  '../web-1',
  '',
];
const namespaces = ['shop', 'edge', 'pay', 'istio-system', 'SHOP', 'shop.pay', 'pay.shop', '..', ''];
const accounts = ['default', 'cart', 'gate', 'ledger', 'DEFAULT', 'cart,default', '*'];
const others: readonly JsonObject[] = [
  { LABELS: { app: 'ledger' } },
  { LABELS: { app: 'gate' } },
  { LABELS: { __proto__: 'x', constructor: 'y' } },
  { LABELS: ['app'] },
  { INSTANCE_IPS: '10.244.0.77' },
  { INSTANCE_IPS: '10.244.0.5,10.244.0.77' },
  { CLUSTER_ID: 'another' },
  { MESH_ID: 'another' },
  { WORKLOAD_NAME: 'ledger' },
  { NAME: ['web-1'] },
  { NAMESPACE: { shop: 'pay' } },
  { SERVICE_ACCOUNT: null },
  { namespace: 'pay' },
  { 'NAMESPACE ': 'pay' },
];

/** One thing said otherwise, or two. */
const lies = (claim: Claim): readonly Claim[] => [
  ...names.map((name) => ({ ...claim, name })),
  ...names.map((name) => ({ ...claim, name, metadata: { ...claim.metadata, NAME: name } })),
  ...names.map((name) => ({ ...claim, metadata: { ...claim.metadata, NAME: name } })),
  ...namespaces.map((namespace) => ({ ...claim, namespace })),
  ...namespaces.map((namespace) => ({ ...claim, namespace, metadata: { ...claim.metadata, NAMESPACE: namespace } })),
  ...namespaces.map((namespace) => ({ ...claim, metadata: { ...claim.metadata, NAMESPACE: namespace } })),
  ...accounts.map((account) => ({ ...claim, metadata: { ...claim.metadata, SERVICE_ACCOUNT: account } })),
  ...['sidecar', 'router', 'ztunnel', 'waypoint', 'Sidecar', ''].map((role) => ({ ...claim, role })),
  ...['0.0.0.0', '10.244.0.77', 'x', '', '::1'].map((address) => ({ ...claim, address })),
  ...['pay.svc.cluster.local', '', 'x~y'].map((domain) => ({ ...claim, domain })),
  ...others.map((metadata) => ({ ...claim, metadata: { ...claim.metadata, ...metadata } })),
  ...instances.map((other) => honest(other)),
];

const bound = instances.filter(({ pod }) => pod.proxy !== 'none');

test('five hundred claims beside a credential of an instance: none has the configuration of another', () => {
  let tried = 0;
  const wrong: unknown[] = [];
  for (const one of bound) {
    for (const by of ['token', 'certificate'] as const) {
      const caller = callerOf(one, by);
      const own = ask(honest(one), caller);
      if (!own.ok) throw new Error(own.reason);
      for (const claim of lies(honest(one))) {
        tried += 1;
        const answer = ask(claim, caller);
        // An instance whose address nobody has reported yet may say it itself: no other configuration hangs on it.
        const addresses = one.address === '' && answer.ok ? { addresses: told(answer.proxy).addresses } : {};
        if (answer.ok && JSON.stringify(told(answer.proxy)) !== JSON.stringify({ ...told(own.proxy), ...addresses }))
          wrong.push([claim, told(answer.proxy)]);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(tried).toBeGreaterThan(500);
});

test('a credential without an instance is of its namespace and account alone, and has no Secrets', () => {
  const caller: Caller = { identity: { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'default' }, by: 'token' };
  for (const one of instances) {
    for (const claim of [honest(one), ...lies(honest(one))]) {
      const answer = ask(claim, caller);
      if (!answer.ok) continue;
      expect(told(answer.proxy)).toMatchObject({ namespace: 'shop', serviceAccount: 'default', unbound: true });
      const known = registry.find('shop', answer.proxy.name);
      if (known) expect(known.pod.serviceAccount).toBe('default');
    }
  }
});

test('an instance that is another one now, or runs under another account, is refused', () => {
  const [web] = instances as [Instance];
  for (const other of [
    { ...callerOf(web, 'token'), instance: { name: 'web-1', uid: 'former' } },
    { ...callerOf(web, 'token'), identity: { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'former' } },
  ])
    expect(ask(honest(web), other)).toMatchObject({ ok: false });
});
