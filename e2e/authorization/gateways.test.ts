/** Policies about connections at a gateway: whether TLS ends there, is passed on, or is none [S106]. */
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../port.ts';
import { makeRoot, type Root } from '../traffic/certificates.ts';
import { eventually, type GatewayEnvoy, startGateway } from '../traffic/gateway.ts';
import { type Caller, call, type Echo, echo, greeting, meshCaller } from './peers.ts';

let root: Root;
let ports: { readonly bytes: number; readonly ended: number; readonly passed: number };
let greets: Echo;
let secure: Server;
let securePort = 0;
let visits = 0;
let envoy: GatewayEnvoy;
let friend: Caller;
let other: Caller;

const server = (name: string, protocol: string, more = ''): string =>
  `    - { port: { number: ${ports[name as keyof typeof ports]}, name: ${name}, protocol: ${protocol} }, bind: 127.0.0.1, hosts: ['*']${more} }\n`;

const entry = (name: string, port: number): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: edge }
spec:
  hosts: [${name}.example]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{ number: 9000, name: tcp, protocol: TCP, targetPort: ${port} }]
  endpoints: [{ address: 127.0.0.1 }]
---`;

const destination = (host: string): string => `route: [{ destination: { host: ${host}.example, port: { number: 9000 } } }]`;

const mesh = (policy: string): string => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: edge, namespace: edge }
spec:
  selector: { istio: gw }
  servers:
${server('bytes', 'TCP')}${server('ended', 'TLS', ', tls: { mode: ISTIO_MUTUAL }')}${server('passed', 'TLS', ', tls: { mode: PASSTHROUGH }')}---
${entry('greets', greets.port)}
${entry('secure', securePort)}
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: edge, namespace: edge }
spec:
  hosts: ['*']
  gateways: [edge]
  tcp:
    - { match: [{ port: ${ports.bytes} }], ${destination('greets')} }
    - { match: [{ port: ${ports.ended} }], ${destination('greets')} }
  tls:
    - { match: [{ port: ${ports.passed}, sniHosts: ['*'] }], ${destination('secure')} }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: policy, namespace: edge }
spec: ${policy}
`;

beforeAll(async () => {
  root = await makeRoot('mesh');
  friend = { ...(await meshCaller(root, 'cluster.local/ns/shop/sa/friend')), at: '127.0.0.1' };
  other = { ...(await meshCaller(root, 'cluster.local/ns/shop/sa/other')), at: '127.0.0.1' };
  ports = { bytes: await freePort(), ended: await freePort(), passed: await freePort() };
  greets = await echo('server');
  const { certificate, key } = await root.issue('secure.example');
  secure = createServer({ cert: certificate, key }, (socket) => {
    visits += 1;
    socket.on('error', () => socket.destroy());
    socket.write(greeting);
  });
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  const address = secure.address();
  securePort = typeof address === 'object' && address ? address.port : 0;
  const text = mesh('{ rules: [{ from: [{ source: { ipBlocks: [127.0.0.16/28] } }] }] }');
  envoy = await startGateway(text, root);
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  greets?.stop();
  secure?.close();
});

/** What is heard of a server that speaks first, by one that says nothing unless told to. */
const heard = async (port: number, caller: Caller, words = '', ms = 700): Promise<string> => {
  const line = call(port, caller);
  if (words !== '') line.say(words);
  const text = await line.until((said) => said.includes(words === '' ? greeting : ']'), ms);
  line.close();
  return text;
};

test('addresses decide before anything is dialled, and nobody waits for words', async () => {
  const near: Caller = { at: '127.0.0.1', from: '127.0.0.17' };
  await eventually(
    () => heard(ports.bytes, near),
    (text) => text === greeting,
  );
  const before = greets.seen();
  expect(await heard(ports.bytes, { at: '127.0.0.1', from: '127.0.0.3' })).toBe('');
  expect(await heard(ports.ended, { ...friend, from: '127.0.0.3' }, 'hello\n')).toBe('');
  expect(greets.seen()).toBe(before);
  expect(await heard(ports.ended, { ...friend, from: '127.0.0.17' })).toBe(greeting);
});

test('where TLS ends, names decide when the client’s first words are there', async () => {
  envoy.set(mesh('{ rules: [{ from: [{ source: { principals: [cluster.local/ns/shop/sa/friend] } }] }] }'));
  await eventually(
    () => heard(ports.bytes, { at: '127.0.0.1', from: '127.0.0.17' }),
    (text) => text === '',
  );
  const before = greets.seen();
  expect(await heard(ports.ended, other, 'hello\n')).toBe('');
  expect(await heard(ports.ended, other)).toBe('');
  expect(greets.seen()).toBe(before);
  const lines = () =>
    envoy
      .told()
      .split('\n')
      .filter((line) => line.includes('/sa/other'));
  const told = await eventually(
    async () => lines(),
    (found) => found.length > 1,
  );
  const line = { port: ports.ended, reason: 'policy: none', caller: 'spiffe://cluster.local/ns/shop/sa/other' };
  expect(told.map((text) => JSON.parse(text))).toMatchObject([line, line]);
  expect(await heard(ports.ended, friend, 'hello\n', 5000)).toBe(`${greeting}[hello\n]`);
});

test('where TLS is passed on, the name that the client asks for decides', async () => {
  envoy.set(mesh("{ rules: [{ when: [{ key: connection.sni, values: ['*.public.example'] }] }] }"));
  await eventually(
    () => heard(ports.passed, { ...friend, asks: 'a.public.example' }),
    (text) => text === greeting,
  );
  const before = visits;
  expect(await heard(ports.passed, { ...friend, asks: 'a.private.example' })).toBe('');
  expect(visits).toBe(before);
  expect(envoy.refusals).toEqual([]);
});

const proxied = `
---
apiVersion: mesh.weft.dev/v1alpha1
kind: MeshConfig
metadata: { name: mesh, namespace: istio-system }
spec: { defaultConfig: { gatewayTopology: { proxyProtocol: {} } } }
`;

/** What a client hears for whom a proxy at `from` speaks. */
const relayed = async (client: string, from = '127.0.0.3'): Promise<string> => {
  const line = call(ports.bytes, { at: '127.0.0.1', from });
  line.say(`PROXY TCP4 ${client} 127.0.0.1 4000 ${ports.bytes}\r\n`);
  const text = await line.until((said) => said.includes(greeting), 700);
  line.close();
  return text;
};

test('behind a proxy its header’s address is the client’s, and its own is whoever opened the connection [S109]', async () => {
  const rule = '{ from: [{ source: { remoteIpBlocks: [203.0.113.0/24], ipBlocks: [127.0.0.0/28] } }] }';
  envoy.set(mesh(`{ rules: [${rule}] }`) + proxied);
  await eventually(
    () => relayed('203.0.113.7'),
    (text) => text === greeting,
  );
  expect(await relayed('192.0.2.7')).toBe('');
  expect(await relayed('203.0.113.7', '127.0.0.17')).toBe('');
  envoy.set(mesh('{ action: DENY, rules: [{ from: [{ source: { remoteIpBlocks: [203.0.113.0/24] } }] }] }') + proxied);
  await eventually(
    () => relayed('192.0.2.7'),
    (text) => text === greeting,
  );
  const before = greets.seen();
  expect(await relayed('203.0.113.7')).toBe('');
  expect(greets.seen()).toBe(before);
  expect(envoy.refusals).toEqual([]);
});
