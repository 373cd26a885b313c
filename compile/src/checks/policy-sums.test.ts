import { meshSettings, parse } from '@weft/model';
import { expect, test } from 'vitest';
import { build } from '../build.ts';

const deployment = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop' },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name, command: [name] }] } },
  },
});

/** Each principal has 30 characters. */
const policy = (name: string, principals: number, { app = '', dryRun = false } = {}) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name, namespace: 'shop', annotations: { 'istio.io/dry-run': String(dryRun) } },
  spec: {
    ...(app !== '' && { selector: { matchLabels: { app } } }),
    rules: [{ from: [{ source: { principals: Array.from({ length: principals }, (_, i) => `cluster.local/ns/shop/sa/${10_000 + i}`) } }] }],
  },
});

const sums = (...policies: readonly object[]): readonly string[] => {
  const objects = [deployment('web'), deployment('ledger'), ...policies];
  const text = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  const { resources } = parse({ text, file: 'mesh.yaml', origin: { source: 'file' } });
  const { findings } = build({ resources, pods: [], settings: meshSettings(resources) });
  return findings
    .filter(({ code }) => code === 'WEFT0102')
    .map(
      ({ resource, message }) =>
        `${resource?.name}: ${message.replace(' a connection can be asked about: to ports that are not HTTP nobody is let pass', ' …')}`,
    );
};

test('identities of policies that are too many together, and for whom [G9]', () => {
  const together = 'together name more identities than …';
  expect(sums(policy('a', 1_000), policy('b', 1_000))).toEqual([]);
  expect(sums(policy('a', 1_000), policy('b', 1_001), policy('c', 1))).toEqual([
    `b: for shop/ledger, shop/web this policy and shop/a, shop/c ${together}`,
  ]);
  expect(sums(policy('a', 1_000), policy('b', 1_001, { app: 'ledger' }))).toEqual([
    `b: for shop/ledger this policy and shop/a ${together}`,
  ]);
});

test('not what is for different workloads, what is only tried, and what is told of one by itself', () => {
  expect(sums(policy('a', 1_000, { app: 'web' }), policy('b', 1_001, { app: 'ledger' }))).toEqual([]);
  expect(sums(policy('a', 1_000), policy('b', 1_001, { dryRun: true }))).toEqual([]);
  expect(sums(policy('a', 2_001), policy('b', 1_001))).toEqual([]);
});
