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

/** Each principal has 30 characters, and 43 in the expression. */
const policy = (name: string, principals: number, { app = '', dryRun = false, end = '' } = {}) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name, namespace: 'shop', annotations: { 'istio.io/dry-run': String(dryRun) } },
  spec: {
    ...(app !== '' && { selector: { matchLabels: { app } } }),
    rules: [
      { from: [{ source: { principals: Array.from({ length: principals }, (_, i) => `cluster.local/ns/shop/sa/${10_000 + i}${end}`) } }] },
    ],
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
  const together = 'together name more identities or server names than …';
  expect(sums(policy('a', 1_000), policy('b', 1_200))).toEqual([]);
  expect(sums(policy('a', 1_000), policy('b', 1_210), policy('c', 1))).toEqual([
    `b: for shop/ledger, shop/web this policy and shop/a, shop/c ${together}`,
  ]);
  expect(sums(policy('a', 1_000), policy('b', 1_210, { app: 'ledger' }))).toEqual([
    `b: for shop/ledger this policy and shop/a ${together}`,
  ]);
});

test('not what is for different workloads, nor what is only tried', () => {
  expect(sums(policy('a', 1_000, { app: 'web' }), policy('b', 1_210, { app: 'ledger' }))).toEqual([]);
  expect(sums(policy('a', 1_000), policy('b', 1_210, { dryRun: true }))).toEqual([]);
});

test('what is too much by itself is told of it, however few its names are that take more to ask for', () => {
  const alone = 'the rules name more identities or server names than …';
  expect(sums(policy('a', 2_200))).toEqual([]);
  expect(sums(policy('a', 2_210), policy('b', 1_210))).toEqual([`a: ${alone}`]);
  expect(sums(policy('a', 1_000, { end: '*' }))).toEqual([]);
  expect(sums(policy('a', 1_200, { end: '*' }))).toEqual([`a: ${alone}`]);
});
