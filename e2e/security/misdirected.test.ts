/** A16: a connection that was opened for one server is no way to another that asks more of clients [G20]. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../port.ts';
import { type Leaf, makeRoot } from '../traffic/certificates.ts';
import { ask, eventually, type GatewayEnvoy, startGateway } from '../traffic/gateway.ts';
import { manifests, meshLike } from './scene.ts';

let port = 0;
let envoy: GatewayEnvoy;
let client: Leaf;
let objects: readonly Readonly<Record<string, unknown>>[];

const metadata = (name: string) => ({ name, namespace: 'edge' });

beforeAll(async () => {
  port = await freePort();
  const root = await makeRoot('clients');
  client = await root.issue('client.example');
  const { certificate, key } = await root.issue('gateway.example');
  const server = (name: string, host: string, mode: string) => ({
    port: { number: port, name, protocol: 'HTTPS' },
    bind: '127.0.0.1',
    hosts: [host],
    tls: { mode, credentialName: 'own' },
  });
  const routes = (name: string, host: string) => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: metadata(name),
    spec: { hosts: [host], gateways: ['edge'], http: [{ directResponse: { status: 200 } }] },
  });
  objects = [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata('own'),
      stringData: { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': root.certificate },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: metadata('edge'),
      spec: {
        selector: { istio: 'gw' },
        servers: [server('guests', '*.example.com', 'SIMPLE'), server('admins', 'admin.example.com', 'MUTUAL')],
      },
    },
    routes('guests', '*.example.com'),
    routes('admins', 'admin.example.com'),
  ];
  envoy = await startGateway(manifests(objects));
  await eventually(
    () => answer('guest.example.com', 'guest.example.com'),
    (line) => line.includes('200'),
  );
}, 60_000);

afterAll(() => envoy?.stop());

const answer = async (servername: string, host: string, shown?: Leaf): Promise<string> => {
  const certificate = shown ? { cert: shown.certificate, key: shown.key } : {};
  return (await ask({ port, servername, ...certificate }, host)).answer;
};

test('its host is answered for on its own connections only', async () => {
  expect(await answer('guest.example.com', 'guest.example.com')).toBe('HTTP/1.1 200 OK');
  for (const host of ['admin.example.com', 'ADMIN.example.com', 'admin.example.com:443', 'admin.example.com.'])
    expect(await answer('guest.example.com', host), host).toBe('HTTP/1.1 421 Misdirected Request');
  expect(await answer('admin.example.com', 'admin.example.com', client)).toBe('HTTP/1.1 200 OK');
  await expect(answer('admin.example.com', 'admin.example.com')).rejects.toThrow();
});

test('as Istio, it is answered for everywhere', async () => {
  envoy.set(manifests([...objects, meshLike('istio')]));
  await eventually(
    () => answer('guest.example.com', 'admin.example.com'),
    (line) => line.includes('200'),
  );
  expect(envoy.refusals).toEqual([]);
});
