import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectHttp2, constants } from 'node:http2';
import { type AddressInfo, connect, createServer } from 'node:net';
import { homedir, networkInterfaces, tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findEnvoy } from '../envoy-binary.ts';
import { until } from '../testing/mesh.ts';
import { hostEdge } from './config.ts';
import { EdgeEnvoy } from './envoy.ts';

const directory = mkdtempSync(`${tmpdir()}/weft-edge-`);
const egressSocket = `${directory}/egress.sock`;
const host = createServer((socket) => socket.on('error', () => {}).end('hello'));
const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
const hasIPv6 = own.some(({ address }) => address === '::1');
const ingressSocket = `${directory}/ingress.sock`;
const mesh = createServer((socket) => socket.on('error', () => {}).end('mesh'));
let gatewayPort = 0;
let edge: EdgeEnvoy;
let port = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => host.listen(0, hasIPv6 ? '::' : '0.0.0.0', resolve));
  port = (host.address() as AddressInfo).port;
  await new Promise<void>((resolve) => mesh.listen(ingressSocket, resolve));
  gatewayPort = await freePort();
  edge = new EdgeEnvoy({
    files: { directory: `${directory}/edge`, admin: `${directory}/edge/admin.sock` },
    wrapper: [],
    envoy: await findEnvoy({ env: process.env, userHome: homedir(), log: () => {} }),
    resources: hostEdge({
      loopbacks: ['127.0.0.1', ...(hasIPv6 ? ['::1'] : [])],
      hostPorts: [gatewayPort],
      ingressSocket: () => ingressSocket,
      egressSocket,
    }),
    output: () => {},
    now: () => performance.now(),
  });
  await edge.start();
  await until(() => statusOf('127.0.0.1:1').catch(() => undefined), 'the edge answers');
});

afterAll(async () => {
  await edge.stop();
  host.close();
  mesh.close();
  rmSync(directory, { recursive: true, force: true });
});

const freePort = async (): Promise<number> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, hasIPv6 ? '::' : '0.0.0.0', resolve));
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
};

const said = (address: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(gatewayPort, address).on('error', reject);
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text));
  });

test.each(['127.0.0.1', ...(hasIPv6 ? ['::1'] : [])])('a gateway port leads into the mesh from %s', async (loopback) => {
  expect(await said(loopback)).toBe('mesh');
});

/** What the edge says to the mesh's side, which asks by CONNECT. */
const statusOf = (authority: string): Promise<number> =>
  new Promise((resolve, reject) => {
    // A reset may come after the session let go of its socket: that is still an error somebody has to hear.
    const socket = connect(egressSocket).on('error', reject);
    const session = connectHttp2('http://edge', { createConnection: () => socket });
    session.on('error', reject);
    const asked = session.request({ [constants.HTTP2_HEADER_METHOD]: 'CONNECT', [constants.HTTP2_HEADER_AUTHORITY]: authority });
    asked.on('error', reject);
    asked.on('response', (headers) => {
      resolve(Number(headers[':status']));
      session.destroy();
    });
  });

test.each([
  ...['127.0.0.1', '127.1.2.3', '0.0.0.0', '0.1.2.3', '169.254.169.254', '169.254.20.1', '224.0.0.251', '239.1.1.1', '255.255.255.255'],
  ...['240.240.0.1', '[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[fe80::1]', '[febf::1]', '[fec0::1]', '[ff02::1]'],
  // IPv4 addresses in IPv6 ones: mapped, compatible, translated, tunnelled.
  ...[
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::7f00:1]',
    '[::ffff:0:7f00:1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b::a9fe:a9fe]',
    '[64:ff9b::1]',
  ],
  ...[
    '[64:ff9b::e000:1]',
    '[64:ff9b:0:0:0:0:808:808]',
    '[64:ff9b::0808:808]',
    '[64:ff9b::127.0.0.1]',
    '[64:ff9b:1::7f00:1]',
    '[2002:7f00:1::1]',
    '[2001:0:7f00:1::1]',
    '[2001::1]',
  ],
  // Clouds' metadata services, the mesh itself, in every spelling.
  ...['[fd00:ec2::254]', '[FD00:EC2::254]', '[fd00:0ec2::254]', '[fd00:ec2:0:0:0:0:0:254]', '[fd20:ce::254]', '[fd00:c1::a9fe:a9fe]'],
  ...['[fd00:10:169::1]', '[fd00:10:244::2]', 'localhost', 'example.com', '127.1', '2130706433', '0x7f.0.0.1'],
])('%s is not reached through the host', async (address) => {
  expect(await statusOf(`${address}:${port}`)).toBe(403);
});

const external = own.find(({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'));
const external6 = own.find(({ family, internal, address }) => family === 'IPv6' && !internal && /^([23]|f[cd])...:/.test(address));

test.skipIf(!external)('other addresses are, the host’s own among them', async () => {
  expect(await statusOf(`${external?.address}:${port}`)).toBe(200);
});

test.skipIf(!external6)('as are IPv6 ones', async () => {
  expect(await statusOf(`[${external6?.address}]:${port}`)).toBe(200);
});
