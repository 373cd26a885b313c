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
let edge: EdgeEnvoy;
let port = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => host.listen(0, '0.0.0.0', resolve));
  port = (host.address() as AddressInfo).port;
  edge = new EdgeEnvoy({
    files: { directory: `${directory}/edge`, admin: `${directory}/edge/admin.sock` },
    wrapper: [],
    envoy: await findEnvoy({ env: process.env, userHome: homedir(), log: () => {} }),
    resources: hostEdge({ hostPorts: [], ingressSocket: () => '', egressSocket }),
    output: () => {},
    now: () => performance.now(),
  });
  await edge.start();
  await until(() => statusOf('127.0.0.1:1').catch(() => undefined), 'the edge answers');
});

afterAll(async () => {
  await edge.stop();
  host.close();
  rmSync(directory, { recursive: true, force: true });
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
  ...['240.240.0.1', '[::1]', '[::ffff:127.0.0.1]', '[fe80::1]'],
])('%s is not reached through the host', async (address) => {
  expect(await statusOf(`${address}:${port}`)).toBe(403);
});

const external = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'));

test.skipIf(!external)('other addresses are, the host’s own among them', async () => {
  expect(await statusOf(`${external?.address}:${port}`)).toBe(200);
});
