import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Instance } from '../../registry.ts';
import { UsageWatch } from './usage.ts';

const instance = {
  pod: { name: 'web-1', namespace: 'shop', labels: { app: 'web' }, serviceAccount: 'web', workload: { kind: 'Deployment', name: 'web' } },
} as unknown as Instance;

test('processors are what was used since the look before; of a process that began anew nothing is known', async () => {
  const readings = [100, 105, 2];
  let now = 1_000_000;
  const answer = () =>
    JSON.stringify({ items: [{ namespace: 'shop', name: 'web-1', proxy: { cpuSeconds: readings.shift(), memoryBytes: 5e7 } }] });
  const watch = new UsageWatch({ get: async () => Readable.from([answer()]) as never }, () => now);
  const look = async () =>
    (await watch.look([instance], { trustDomain: 'cluster.local', cluster: 'local' })).map(({ metric, value }) => [metric, value]);
  const memory = ['weft_proxy_memory_bytes', 5e7];
  expect(await look()).toEqual([memory]);
  now += 10_000;
  expect(await look()).toEqual([memory, ['weft_proxy_cpu_cores', 0.5]]);
  now += 10_000;
  expect(await look()).toEqual([memory]);
});
