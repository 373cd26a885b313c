/** A process that writes as fast as it can and says what was acknowledged, until it is killed. */
import { writeSync } from 'node:fs';
import type { Resource } from '@weft/model';
import { openStore } from './store.ts';

const [path = '', from = '0'] = process.argv.slice(2);
const store = openStore(path, Date.now);

const numbered = (name: string, number: number): Resource => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop', labels: {}, annotations: {}, created: 0 },
  spec: { number, padding: 'x'.repeat(3000) },
  origin: { source: 'api' },
  hash: `${number}`,
});

for (let number = Number(from); ; number += 1) {
  const left = { resource: numbered('left', number), findings: [] };
  const right = { resource: numbered('right', number), findings: [] };
  store.objects.write({ put: [left, right], remove: [], author: { source: 'file' } });
  writeSync(1, `${number}\n`);
}
