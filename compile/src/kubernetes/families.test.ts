import { meshSettings, type Proxy, parse } from '@weft/model';
import { expect, test } from 'vitest';
import { build } from '../build.ts';
import { assumedPods } from '../explain/assumed.ts';
import { scope } from '../scope/index.ts';
import { decode, emit } from '../xds/index.ts';

const service = (name: string, spec: string) => `---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {selector: {app: web}, ports: [{name: tcp, port: 80}]${spec}}
`;

const text = `apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, command: [a]}]}}}
${service('old', '')}${service('too', ', ipFamilyPolicy: PreferDualStack')}${service('first', ', ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv6, IPv4]')}
${service('alone', ', ipFamilies: [IPv6]')}${service('written', ', clusterIPs: [10.96.0.9, "fd00:10:96::60:9"]')}
${service('direct', ', clusterIP: None, ipFamilyPolicy: PreferDualStack')}`;

const { resources } = parse({ text, file: 'shop.yaml', origin: { source: 'file' } });
const [pod] = assumedPods(resources);
const [v4, v6] = [pod?.address ?? '', 'fd00:10:244::2'];

const built = (ipv6?: string) => {
  const pods = pod ? [{ ...pod, ...(ipv6 !== undefined && { ipv6 }) }] : [];
  return build({ resources, pods, settings: meshSettings(resources) }).mesh;
};

const addressesIn = (mesh: ReturnType<typeof built>, name: string) =>
  mesh.endpoints
    .get(`shop/${name}.shop.svc.cluster.local:80`)
    ?.endpoints.map(({ address, additional }) => (additional === undefined ? [address] : [address, additional]));

test('endpoints have addresses of the families that their Service asks for, in its order', () => {
  const mesh = built(v6);
  expect(addressesIn(mesh, 'old')).toEqual([[v4]]);
  expect(addressesIn(mesh, 'too')).toEqual([[v4, v6]]);
  expect(addressesIn(mesh, 'first')).toEqual([[v6, v4]]);
  expect(addressesIn(mesh, 'alone')).toEqual([[v6, v4]]);
  expect(addressesIn(mesh, 'written')).toEqual([[v4, v6]]);
});

test('where pods have IPv4 alone, nothing else is told', () => {
  for (const name of ['old', 'too', 'first', 'alone', 'written']) expect(addressesIn(built(), name)).toEqual([[v4]]);
});

test('Envoy gets the second address beside the first, and a headless Service has a listener at each', () => {
  const mesh = built(v6);
  const proxy: Proxy = {
    ...{
      id: '',
      role: 'sidecar' as const,
      name: pod?.pod.name ?? '',
      namespace: 'shop',
      serviceAccount: 'default',
      labels: { app: 'web' },
    },
    ...{ addresses: [v4, v6], cluster: '', network: '', locality: { region: '', zone: '', subzone: '' }, dnsDomain: '' },
  };
  const sets = [...emit(scope(mesh, proxy))];
  const of = (kind: string) => sets.filter(([url]) => url.endsWith(kind)).flatMap(([, set]) => [...set.values()].map(decode));
  const first = of('ClusterLoadAssignment').find((one) => JSON.stringify(one).includes('outbound|80||first.shop'));
  const at = (address: string) => ({ socket_address: { address } });
  expect(first).toMatchObject({
    endpoints: [{ lb_endpoints: [{ endpoint: { address: at(v6), additional_addresses: [{ address: at(v4) }] } }] }],
  });
  const names = of('Listener').map((one) => (one as { readonly name?: string }).name);
  expect(names).toEqual(expect.arrayContaining([`${v4}_80`, `${v6}_80`]));
});
