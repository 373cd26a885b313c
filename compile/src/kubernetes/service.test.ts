/** Words of users that are also names of every object's inherited fields. */
import { defaultMeshSettings, parse } from '@weft/model';
import { expect, test } from 'vitest';
import { build } from '../build.ts';

const service = (fields: string, port: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {${fields}, ports: [{port: 80, ${port}}]}\n`;

const meshOf = (text: string) =>
  build({ resources: parse({ text, file: 'a.yaml', origin: { source: 'file' } }).resources, pods: [], settings: defaultMeshSettings }).mesh;

test.each(['__proto__', 'constructor', 'toString'])('a traffic distribution called %s is none', (word) => {
  expect(meshOf(service(`trafficDistribution: ${word}`, 'name: http')).services[0]?.distribution).toBeUndefined();
});

test('a target port called as an inherited field is found by no workload without it', () => {
  const entry =
    'apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata: {name: a, namespace: shop}\nspec: {address: 10.0.0.1, labels: {app: web}, ports: {http: 80}}\n';
  const { endpoints } = meshOf(`${service('selector: {app: web}', 'name: constructor, targetPort: constructor')}---\n${entry}`);
  expect([...endpoints.values()].flatMap((port) => port.endpoints)).toEqual([]);
});
