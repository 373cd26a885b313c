import { meshSettings, ofKind, parse } from '@weft/model';
import { describe, expect, test } from 'vitest';
import { proxySettingsOf } from './proxy-settings.ts';

const settingsOf = (text: string, annotation = '') => {
  const { resources, findings } = parse({ text, file: 'x.yaml', origin: { source: 'file' } });
  expect(findings).toEqual([]);
  const owner = { namespace: 'shop', labels: { app: 'web' }, annotations: annotation ? { 'proxy.istio.io/config': annotation } : {} };
  return proxySettingsOf(owner, ofKind(resources, 'ProxyConfig'), meshSettings(resources));
};

const mesh = `
apiVersion: mesh.weft.dev/v1alpha1
kind: MeshConfig
metadata: { name: default }
spec: { defaultConfig: { concurrency: 1, proxyMetadata: { A: mesh, B: mesh } } }
`;

const config = (namespace: string, name: string, spec: string, created = '2020-01-01T00:00:00Z'): string => `---
apiVersion: networking.istio.io/v1beta1
kind: ProxyConfig
metadata: { namespace: ${namespace}, name: ${name}, creationTimestamp: '${created}' }
spec: ${spec}
`;

const root = config('istio-system', 'root', '{ concurrency: 2 }');
const whole = config('shop', 'whole', '{ concurrency: 3, environmentVariables: { B: shop } }');
const web = config('shop', 'web', '{ selector: { matchLabels: { app: web } }, concurrency: 5 }');

describe('ProxyConfig: the particular beats the general, and variables add up', () => {
  test.each([
    ['nothing', '', '', {}],
    ['the mesh', mesh, '', { concurrency: 1, environment: { A: 'mesh', B: 'mesh' } }],
    ['the root namespace', mesh + root, '', { concurrency: 2, environment: { A: 'mesh', B: 'mesh' } }],
    ['the namespace', mesh + root + whole, '', { concurrency: 3, environment: { A: 'mesh', B: 'shop' } }],
    ['the annotation', mesh + root + whole, 'concurrency: 4', { concurrency: 4, environment: { A: 'mesh', B: 'shop' } }],
    ['the selector', mesh + root + whole + web, 'concurrency: 4', { concurrency: 5, environment: { A: 'mesh', B: 'shop' } }],
  ])('%s', (_, text, annotation, expected) => expect(settingsOf(text, annotation)).toEqual(expected));

  test('of equals the oldest counts [S17]', () => {
    const younger = config('shop', 'a-younger', '{ concurrency: 9 }', '2021-01-01T00:00:00Z');
    expect(settingsOf(younger + whole)).toMatchObject({ concurrency: 3 });
  });

  test('other selectors and other namespaces say nothing', () => {
    const other =
      config('bank', 'all', '{ concurrency: 7 }') + config('shop', 'db', '{ selector: { matchLabels: { app: db } }, concurrency: 8 }');
    expect(settingsOf(other)).toEqual({});
  });
});
