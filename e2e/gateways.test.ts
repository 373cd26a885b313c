/** The ways in and out of a whole mesh: TLS by a Secret to whoever dials the host's port, and mutual TLS to a gateway that adds TLS. */
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Mesh, root, startMesh, until } from './mesh.ts';
import { type Leaf, makeRoot, type Root } from './traffic/certificates.ts';
import { ask, say, secure } from './traffic/gateway.ts';

let mesh: Mesh;
let ca: Root;
let web: Leaf;
let tlsPort = 0;

const secret = (name: string, stringData: object) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'edge' },
  stringData,
});

const writeSecrets = ({ certificate, key }: Leaf): void => {
  const objects = [secret('web', { 'tls.crt': certificate, 'tls.key': key }), secret('partner', { 'ca.crt': ca.certificate })];
  writeFileSync(join(mesh.folder, 'secrets.yaml'), objects.map((object) => stringify(object)).join('---\n'));
};

const served = () => ask({ port: tlsPort, servername: 'web.example' });

beforeAll(async () => {
  ca = await makeRoot('root');
  web = await ca.issue('web.example', { name: 'first' });
  const partner = await ca.issue('partner.example');
  mesh = await startMesh({ folder: join(root, 'e2e/gateways') });
  tlsPort = Number(new URL(mesh.gateway).port) - 80 + 443;
  writeFileSync(join(mesh.folder, 'partner.crt'), partner.certificate);
  writeFileSync(join(mesh.folder, 'partner.key'), partner.key);
  writeSecrets(web);
}, 180_000);

afterAll(() => mesh?.stop());

test('HTTPS on the host’s port, moved as far as the port of HTTP; the server without a Secret is closed', async () => {
  await until('the certificate is shown', async () => ((await served()).name === 'first' ? true : undefined));
  expect((await served()).answer).toBe('HTTP/1.1 200 OK');
  await expect(ask({ port: tlsPort, servername: 'other.example' })).rejects.toThrow();
  expect((await fetch(mesh.gateway, { redirect: 'manual' })).status).toBe(301);
});

const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);

test.skipIf(!own.some(({ address }) => address === '::1'))('the host’s ports are on ::1 too', async () => {
  expect((await fetch(mesh.gateway.replace('127.0.0.1', '[::1]'), { redirect: 'manual' })).status).toBe(301);
});

const outside6 = own.find(({ family, internal, address }) => family === 'IPv6' && !internal && /^([23]|f[cd])...:/.test(address));

test.skipIf(!outside6)('a sidecar’s program calls an IPv6 address outside', async (context) => {
  const inside = await mesh.json<{ items: { status: { podIPs: object[] } }[] }>('get', 'pods', '-A');
  if (inside.items.every(({ status }) => status.podIPs.length < 2)) return context.skip('the mesh has no IPv6');
  const server = createServer((_, response) => response.end('far'));
  await new Promise<void>((resolve) => server.listen(0, '::', resolve));
  const url = `http://[${outside6?.address}]:${(server.address() as AddressInfo).port}/`;
  const { stdout } = await mesh.weft('exec', 'deploy/client', '-n', 'shop', '--', 'curl', '-gs', '-m5', url);
  server.close();
  expect(stdout).toBe('far');
});

test('mutual TLS from the sidecar to the egress gateway, TLS with a CA from a Secret from there on', async () => {
  const answer = await until(
    'the partner answers',
    async () => {
      const { stdout } = await mesh.weft('exec', 'deploy/client', '-n', 'shop', '--', 'curl', '-s', '-m5', 'http://partner.example/');
      return stdout.startsWith('partner') ? stdout : undefined;
    },
    30_000,
  );
  expect(answer).toBe('partner partner.example partner.example\n');
});

test('the key is in no answer of the command and in no log', async () => {
  const told = await Promise.all(
    [
      ['get', 'secret', '-n', 'edge', '-o', 'yaml'],
      ['get', 'secret', 'web', '-n', 'edge', '-o', 'json'],
      ['config', 'deploy/ingress', '-n', 'edge', '-o', 'json'],
      ['analyze'],
      ['ps', '-o', 'json'],
    ].map((args) => mesh.weft(...args)),
  );
  const logs = readdirSync(join(mesh.home, 'logs'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const texts = [
    ...told.map(({ stdout, stderr }) => stdout + stderr),
    ...logs.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
  ];
  const [, body = ''] = web.key.split('\n');
  expect(body.length).toBeGreaterThan(40);
  for (const text of texts) {
    expect(text).not.toContain(body.slice(0, 40));
    expect(text).not.toContain(Buffer.from(web.key).toString('base64').slice(40, 100));
  }
  expect(told[2]?.stdout).toContain('kubernetes://web');
});

test('an Envoy that is restarted while weftd is away serves TLS', async () => {
  const [weftd = 0] = mesh.pids('weftd.js');
  const [gateway = 0] = mesh.pids('envoy', 'router~', 'ingress');
  expect(weftd * gateway).toBeGreaterThan(0);
  process.kill(weftd, 'SIGSTOP');
  try {
    process.kill(gateway, 'SIGKILL');
    await until('TLS is served again', async () => ((await served()).answer.includes('200') ? true : undefined), 60_000, 200);
    expect(mesh.pids('envoy', 'router~', 'ingress')).not.toEqual([gateway]);
  } finally {
    process.kill(weftd, 'SIGCONT');
  }
}, 180_000);

test('a renewed Secret is shown at once', async () => {
  writeSecrets(await ca.issue('web.example', { name: 'second' }));
  await until('the new certificate is shown', async () => ((await served()).name === 'second' ? true : undefined));
});

const status = async (session: ClientHttp2Session): Promise<number> => {
  const stream = session.request({ ':authority': 'web.example' }).resume();
  const [headers] = (await once(stream, 'response')) as [{ ':status'?: number }];
  return headers[':status'] ?? 0;
};

test('connections that are open follow a changed route with their next request, and end when their server changes', async () => {
  const file = join(mesh.folder, 'mesh.yaml');
  const before = readFileSync(file, 'utf8');
  const target = { port: tlsPort, servername: 'web.example', rejectUnauthorized: false };
  const older = await secure(target);
  const session = connect(`https://127.0.0.1:${tlsPort}`, target);
  const closed = once(session, 'close');
  const get = () => say(older, 'GET / HTTP/1.1\r\nhost: web.example\r\n\r\n');
  expect([(await get()).slice(9, 12), await status(session)]).toEqual(['200', 200]);
  const rerouted = before.replace('http: [{route: [{destination: {host: web}}]}]', 'http: [{directResponse: {status: 418}}]');
  writeFileSync(file, rerouted);
  await until('new connections are answered anew', async () => ((await served()).answer.includes('418') ? true : undefined));
  expect([(await get()).slice(9, 12), await status(session)]).toEqual(['418', 418]);
  writeFileSync(
    file,
    rerouted.replace('{mode: SIMPLE, credentialName: web}', '{mode: MUTUAL, credentialName: web, caCertCredentialName: partner}'),
  );
  // Told to be the last on this connection, where it comes at all.
  const last = await until('the older one is told', async () => {
    const answer = await get().catch(() => 'connection: close');
    return /connection: close/i.test(answer) ? answer : undefined;
  });
  expect(last).toBeDefined();
  await status(session).catch(() => 0);
  await closed;
  await expect(served()).rejects.toThrow();
  writeFileSync(file, before);
  await until('all is as it was', async () => ((await served()).answer.includes('200') ? true : undefined));
  older.destroy();
});

interface Started {
  readonly name: string;
  readonly restartNeeded: boolean;
}

test('a ProxyConfig says how a proxy is started: at once for new pods, with a restart for those that run', async () => {
  const envoys = (threads: number) => mesh.pids('envoy', 'sidecar~', 'client', `--concurrency ${threads}`);
  const marked = async () => (await mesh.json<{ items: Started[] }>('ps')).items.filter(({ restartNeeded }) => restartNeeded);
  const [envoy = 0] = envoys(2);
  expect(readFileSync(`/proc/${envoy}/environ`, 'utf8').split('\0')).toContain('GREETING=hello');
  expect(await marked()).toEqual([]);
  const file = join(mesh.folder, 'proxies.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('concurrency: 2', 'concurrency: 3'));
  const [proxy] = await until('a restart is asked for', async () => {
    const found = await marked();
    return found.length > 0 ? found : undefined;
  });
  expect(proxy?.name).toMatch(/^client-/);
  expect([envoys(2).length, envoys(3).length]).toEqual([1, 0]);
  expect((await mesh.weft('restart', 'deploy/client', '-n', 'shop')).code).toBe(0);
  await until('the new proxy runs', async () => (envoys(3).length === 1 && (await marked()).length === 0 ? true : undefined), 60_000, 200);
}, 180_000);
