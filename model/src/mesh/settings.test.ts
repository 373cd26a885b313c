import { expect, test } from 'vitest';
import { parse } from '../parse.ts';
import { defaultMeshSettings, meshSettings } from './settings.ts';

const resources = (text: string) => parse({ text, file: 'mesh.yaml', origin: { source: 'file' } }).resources;

test("Istio's defaults where nothing is said [S134]", () => {
  expect(meshSettings([])).toBe(defaultMeshSettings);
  expect(defaultMeshSettings).toMatchObject({
    connectTimeout: 10_000,
    outboundTrafficPolicy: 'ALLOW_ANY',
    protocolDetectionTimeout: 0,
    inboundTrafficPolicy: 'PASSTHROUGH',
    enableAutoMtls: true,
    rootNamespace: 'istio-system',
    trustDomain: 'cluster.local',
    proxyListenPort: 15001,
    proxyInboundListenPort: 15006,
    accessLogFile: '',
    accessLogEncoding: 'TEXT',
    localityLbSetting: { enabled: true },
    defaultServiceExportTo: ['*'],
    defaultVirtualServiceExportTo: ['*'],
    defaultDestinationRuleExportTo: ['*'],
    h2UpgradePolicy: 'DO_NOT_UPGRADE',
    drainDuration: 45_000,
    terminationDrainDuration: 5_000,
    statNameLength: 189,
    dnsRefreshRate: 60_000,
  });
});

const spec = 'outboundTrafficPolicy: {mode: REGISTRY_ONLY}\ntcpKeepalive: {time: 30s, probes: 3}\ndefaultConfig: {drainDuration: 10s}\n';
const indented = (by: string): string => spec.replace(/^(?=.)/gm, by);

test.each([
  [
    "Istio's ConfigMap",
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |\n${indented('    ')}`,
  ],
  ['a MeshConfig', `apiVersion: mesh.weft.dev/v1alpha1\nkind: MeshConfig\nmetadata: {name: default}\nspec:\n${indented('  ')}`],
])('%s says the rest', (_, text) => {
  const objects = resources(text);
  expect(meshSettings(objects)).toEqual({
    ...defaultMeshSettings,
    outboundTrafficPolicy: 'REGISTRY_ONLY',
    tcpKeepalive: { time: 30_000, probes: 3 },
    drainDuration: 10_000,
  });
  expect(meshSettings([...objects])).toBe(meshSettings(objects));
});

test('of two the oldest counts, whatever their order', () => {
  const text = ['b', 'a']
    .map((name) => `apiVersion: mesh.weft.dev/v1alpha1\nkind: MeshConfig\nmetadata: {name: ${name}}\nspec: {trustDomain: ${name}}`)
    .join('\n---\n');
  const objects = resources(text);
  expect(meshSettings(objects).trustDomain).toBe('a');
  expect(meshSettings([...objects].reverse()).trustDomain).toBe('a');
});

test('a ConfigMap of the same name elsewhere is no mesh configuration', () => {
  expect(resources('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: shop}\ndata: {mesh: "trustDomain: evil"}')).toEqual(
    [],
  );
});

test('networks inside that may be asked or told are those that the settings say, and no others', () => {
  const read = (alerts: string) => {
    const text = `{apiVersion: mesh.weft.dev/v1alpha1, kind: MeshConfig, metadata: {name: a, annotations: {mesh.weft.dev/alert-networks: '${alerts}'}}, spec: {}}`;
    const { resources, findings } = parse({ text, file: 'a.yaml', origin: { source: 'file' } });
    return { networks: meshSettings(resources).alertNetworks, paths: findings.map(({ path }) => path) };
  };
  expect(read('127.0.0.1, 10.0.0.0/8')).toEqual({ networks: ['127.0.0.1', '10.0.0.0/8'], paths: [] });
  expect(read('inside').paths).toEqual(['metadata.annotations["mesh.weft.dev/alert-networks"]']);
});
