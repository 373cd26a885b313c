/** Pods on a real machine: real namespaces, processes and probes, a fake weftd. The same tests as root and as an ordinary user. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { NodeView, Probe } from '@weft/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { container, descendants, emptyView, pod, startMesh, type TestMesh, until } from './mesh.ts';

const probe = (action: Probe['action'], more: Partial<Probe> = {}): Probe => ({
  ...{ action, initialDelaySeconds: 0, periodSeconds: 1, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 1 },
  ...more,
});
const http = (port: number, path = '/') => probe({ kind: 'http', path, port, scheme: 'HTTP', headers: [] });

/** Answers with its name and the caller; `/state` follows the file /tmp/state; `/die` ends it. */
const server = `
const { createServer } = require('node:http');
const { existsSync } = require('node:fs');
createServer((request, response) => {
  if (request.url === '/die') process.exit(3);
  response.statusCode = request.url === '/state' && existsSync('/tmp/broken') ? 500 : 200;
  response.end(process.env.POD_NAME + ' ' + request.socket.remoteAddress.replace('::ffff:', ''));
}).listen(80, () => console.log('listening'));
`;
const serving = (name: string, more = {}) =>
  pod(name, [container('app', ['node', '-e', server], { readinessProbe: http(80, '/state'), ...more })]);
const idle = (name: string) => pod(name, [container('app', ['sleep', 'infinity'])]);

const view: NodeView = {
  ...emptyView,
  pods: [serving('web'), serving('twin'), idle('client')],
  names: { 'web.shop.svc.cluster.local': ['10.96.0.10'], 'api.example.com': ['240.240.0.1'], '*.wild.test': ['10.96.0.12'] },
};

/** The Services of a view, over those pods that are ready. */
const withServices = (mesh: TestMesh, names: readonly string[]): NodeView => ({
  ...view,
  services: [
    {
      address: '10.96.0.10',
      port: 8080,
      endpoints: names.map((name) => ({ address: mesh.weftd.report(name)?.address ?? '', port: 80 })),
    },
  ],
});

/** This machine's, which to the mesh is an address outside. */
const outsideAddress = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal, address }) => family === 'IPv4' && !internal && !address.startsWith('169.254.'))?.address;

const outsideAddress6 = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal, address }) => family === 'IPv6' && !internal && /^([23]|f[cd])...:/.test(address))?.address;

/** Answers with its name and hangs up at once: what was still on its way must arrive. */
const outsideServer = async (name: string, host = '0.0.0.0'): Promise<{ readonly port: number; close(): void }> => {
  const server = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(name)));
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
};

const weftMounts = (): readonly string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => /weft|nsfs/.test(line));

export const describePods = (title: string, uid?: number): void => {
  describe(title, () => podTests(uid));
};

const podTests = (uid: number | undefined): void => {
  const mountedBefore = weftMounts();
  let mesh: TestMesh;
  const ready = (name: string) => () => mesh.weftd.report(name)?.ready;
  const curl = (name: string, url: string) => mesh.exec(name, ['curl', '-s', '-m', '3', url]);
  beforeAll(async () => {
    mesh = await startMesh({ view, ...(uid !== undefined && { uid }) });
    await until(() => view.pods.every(({ name }) => ready(name)()), `pods ready\n${mesh.output()}`, 60_000);
  });
  afterAll(() => mesh?.stop());

  test('pods say who they are and where', () => {
    expect(mesh.weftd.registration?.socket).toBe(`${mesh.run}/agent.sock`);
    expect(mesh.weftd.report('web')).toMatchObject({ phase: 'Running', ready: true, proxy: 'none', restarts: 0, message: '' });
    expect(new Set(mesh.weftd.reports.map(({ address }) => address)).size).toBe(3);
  });

  test('a Service is reached by name and address, over all its endpoints, and by a pod of its own', async () => {
    mesh.weftd.show(withServices(mesh, ['web', 'twin']));
    await until(async () => (await curl('client', 'http://web:8080/')).code === 0, 'the Service answers');
    const bodies = [];
    for (let i = 0; i < 16; i++) bodies.push((await curl('client', 'http://web.shop:8080/')).stdout.split(' ')[0]);
    expect(new Set(bodies)).toEqual(new Set(['web', 'twin']));
    mesh.weftd.show(withServices(mesh, ['web']));
    await until(async () => (await curl('web', 'http://10.96.0.10:8080/')).stdout.startsWith('web 169.254.20.4'), 'hairpin');
    expect((await curl('client', 'http://web.shop.svc.cluster.local:8080/')).stdout).toBe(`web ${mesh.weftd.report('client')?.address}`);
  });

  test('a Service without endpoints is refused at once', async () => {
    mesh.weftd.show(withServices(mesh, []));
    // 7: could not connect, as opposed to 28: time over.
    await until(async () => (await curl('client', 'http://10.96.0.10:8080/')).code === 7, 'refusal');
  });

  test.skipIf(!outsideAddress)('a Service leads to its endpoints outside the mesh, and to those inside beside them', async () => {
    const [one, other] = [await outsideServer('one'), await outsideServer('other')];
    const outside = [one, other].map(({ port }) => ({ address: outsideAddress ?? '', port }));
    const inside = { address: mesh.weftd.report('web')?.address ?? '', port: 80 };
    const ask = async () => (await mesh.exec('client', ['curl', '-s', '-m', '3', '--http0.9', 'http://10.96.0.10:8080/'])).stdout;
    mesh.weftd.show({ ...view, services: [{ address: '10.96.0.10', port: 8080, endpoints: [...outside, inside] }] });
    const seen = new Set<string>();
    await until(
      async () => seen.add((await ask()).split(' ')[0] ?? '') && ['one', 'other', 'web'].every((name) => seen.has(name)),
      'all three',
    );
    for (let i = 0; i < 12; i++) expect(await ask()).toMatch(/^(one|other|web .*)$/);
    one.close();
    other.close();
  });

  /** Receives one datagram, from whom or `nothing`. */
  const listen = `import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(('::', 9)); s.settimeout(1.5)
print('bound', flush=True)
try: print(s.recvfrom(9)[1][0])
except OSError: print('nothing')`;
  /** Sends one under an address that need not be its own (IPV6_FREEBIND). */
  const send = `import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.setsockopt(41, 78, 1); s.bind((sys.argv[1], 0)); s.sendto(b'x', (sys.argv[2], 9))`;

  test('IPv6: Services and names as in IPv4; no way to the host’s own, and none in another’s name', async (context) => {
    const [web, twin, client] = ['web', 'twin', 'client'].map((name) => mesh.weftd.report(name)?.ipv6 ?? '');
    if (!web || !twin || !client) return context.skip(/pods have IPv4 addresses only: [^"]*/.exec(mesh.output())?.[0] ?? '');
    const endpoints = [web, twin].map((address) => ({ address, port: 80 }));
    const names = { ...view.names, 'web6.shop.svc.cluster.local': ['fd00:10:96::60:a'], 'far.test': ['2001:db8::1'] };
    const services = [{ address: 'fd00:10:96::60:a', port: 8080, endpoints }];
    mesh.weftd.show({ ...view, names, services });
    await until(async () => (await curl('client', 'http://web6:8080/')).code === 0, 'the Service answers');
    const bodies = [];
    for (let i = 0; i < 16; i++) bodies.push((await curl('client', 'http://web6.shop:8080/')).stdout);
    expect(new Set(bodies)).toEqual(new Set([`web ${client}`, `twin ${client}`]));
    mesh.weftd.show({ ...view, names, services: [{ address: 'fd00:10:96::60:a', port: 8080, endpoints: endpoints.slice(0, 1) }] });
    await until(async () => (await curl('web', 'http://web6:8080/')).stdout === 'web fd00:10:244::1', 'hairpin');

    // No endpoints, no pod, the mesh itself, the host's loopback, its link, a cloud's metadata service, a local translator: refused at once.
    const nowhere = ['fd00:10:96::60:b', 'fd00:10:244::ffff', 'fd00:10:169::1', '::1', 'fe80::1%25eth0', 'fd00:ec2::254', '64:ff9b:1::1'];
    const refused = nowhere.map((address) => mesh.exec('client', ['curl', '-gsS', '-m', '0.9', `http://[${address}]:15001/`]));
    expect((await Promise.all(refused)).map(({ code }) => code)).toEqual(nowhere.map(() => 7));
    expect((await mesh.exec('client', ['getent', 'ahostsv6', 'far.test'])).stdout).toContain('2001:db8::1');
    // Taken by the edge, which reaches nobody there: closed without a word.
    const forbidden = ['64:ff9b::7f00:1', '2002:7f00:1::1'].map((address) =>
      mesh.exec('client', ['curl', '-gs', '-m', '3', `http://[${address}]/`]),
    );
    expect((await Promise.all(forbidden)).map(({ stdout }) => stdout)).toEqual(['', '']);

    const heard = async (source: string): Promise<string> => {
      const listener = mesh.exec('web', ['python3', '-c', listen]);
      await until(async () => (await mesh.exec('web', ['cat', '/proc/net/udp6'])).stdout.includes(':0009 '), 'the listener');
      await mesh.exec('client', ['python3', '-c', send, source, web]);
      return (await listener).stdout;
    };
    expect(await heard(client)).toBe(`bound\n${client}\n`);
    expect(await heard(twin)).toBe('bound\nnothing\n');
  });

  test.skipIf(!outsideAddress6)('IPv6 leaves the mesh: to an address, and by a Service to its endpoint outside', async (context) => {
    if (!mesh.weftd.report('web')?.ipv6) return context.skip('no IPv6 in the mesh');
    const outside = await outsideServer('far', '::');
    const endpoint = { address: outsideAddress6 ?? '', port: outside.port };
    mesh.weftd.show({ ...view, services: [{ address: 'fd00:10:96::60:c', port: 8080, endpoints: [endpoint] }] });
    const ask = async (url: string) => (await mesh.exec('client', ['curl', '-gs', '-m', '3', '--http0.9', url])).stdout;
    expect(await ask(`http://[${endpoint.address}]:${endpoint.port}/`)).toBe('far');
    await until(async () => (await ask('http://[fd00:10:96::60:c]:8080/')) === 'far', 'the Service');
    outside.close();
  });

  /** Asks one DNS server for a name, over UDP. */
  const dig = `import socket, sys
s = socket.socket(socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2)
name = b''.join(bytes([len(p)]) + p.encode() for p in sys.argv[2].split('.')) + b'\\0'
s.sendto(b'\\0\\7\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0' + name + b'\\0\\1\\0\\1', (sys.argv[1], 53))
print(socket.inet_ntoa(s.recv(512)[-4:]))`;

  test('over IPv6 come questions to the mesh’s DNS, and probes to whoever listens there alone', async (context) => {
    if (!mesh.weftd.report('web')?.ipv6) return context.skip('no IPv6 in the mesh');
    const only6 = server.replace('.listen(80,', ".listen({ host: '::', port: 80, ipv6Only: true },");
    const own = pod('six', [container('app', ['node', '-e', only6], { readinessProbe: http(80, '/state') })]);
    const bytes = pod('bytes', [container('app', ['node', '-e', only6], { readinessProbe: probe({ kind: 'tcp', port: 80 }) })]);
    mesh.weftd.show({ ...view, pods: [...view.pods, own, bytes] });
    await until(() => ready('six')() && ready('bytes')(), 'ready by its IPv6 address');
    const servers = (await mesh.exec('client', ['cat', '/etc/resolv.conf'])).stdout.match(/(?<=nameserver ).*/g) ?? [];
    expect(servers).toEqual(['169.254.20.2', 'fd00:10:169::2']);
    for (const address of servers) {
      const answer = await mesh.exec('client', ['python3', '-c', dig, address, 'web.shop.svc.cluster.local']);
      expect(answer.stdout, answer.stderr).toBe('10.96.0.10\n');
    }
    await mesh.exec('six', ['touch', '/tmp/broken']);
    await until(() => mesh.weftd.report('six')?.message === 'container app: readiness probe: HTTP status 500', 'what it says counts');
  });

  test('names: wildcards, nothing for automatic addresses without a sidecar, NXDOMAIN inside the cluster', async () => {
    expect((await mesh.exec('client', ['getent', 'ahostsv4', 'x.wild.test'])).stdout).toContain('10.96.0.12');
    expect((await mesh.exec('client', ['getent', 'hosts', 'nothing.shop.svc.cluster.local'])).code).toBe(2);
    expect((await mesh.exec('client', ['getent', 'ahostsv4', 'api.example.com'])).stdout).not.toContain('240.240.0.1');
  });

  test('exec runs as the application, with its input, output and exit code', async () => {
    const result = await mesh.exec('client', ['sh', '-c', 'cat; echo $POD_NAME; hostname; echo oops >&2; exit 7'], 'typed\n');
    expect(result).toEqual({ code: 7, stdout: 'typed\nclient\nclient\n', stderr: 'oops\n' });
    await expect(mesh.exec('nobody', ['true'])).rejects.toThrow('404');
    await expect(mesh.exec('client', [])).rejects.toThrow('400');
  });

  test('logs are kept, also of the last lines only', async () => {
    expect(await mesh.get('/pods/shop/web/logs?container=app')).toEqual({ status: 200, body: 'listening\n' });
    expect((await mesh.get('/pods/shop/web/logs?tail=0')).body).toBe('');
    expect((await mesh.get('/pods/shop/web/logs?container=envoy')).status).toBe(404);
    expect((await mesh.get('/pods/shop/web/envoy/quitquitquit')).status).toBe(404);
  });

  test('readiness follows the probe; a crash is told, counted and repaired', async () => {
    await mesh.exec('web', ['touch', '/tmp/broken']);
    await until(() => mesh.weftd.report('web')?.ready === false, 'not ready');
    expect(mesh.weftd.report('web')?.message).toBe('container app: readiness probe: HTTP status 500');
    await mesh.exec('web', ['rm', '/tmp/broken']);
    await until(ready('web'), 'ready again');
    await mesh.exec('web', ['curl', '-s', 'http://127.0.0.1/die']);
    await until(() => (mesh.weftd.report('web')?.restarts ?? 0) > 0 && ready('web')(), 'started again');
    expect((await mesh.get('/pods/shop/web/logs')).body).toContain('weft: app exited with code 3');
  });

  test('liveness starts a container again; exec probes run inside', async () => {
    const alive = probe({ kind: 'exec', command: ['sh', '-c', 'test ! -e /tmp/broken'] });
    mesh.weftd.show({ ...view, pods: [...view.pods, serving('fragile', { livenessProbe: alive, startupProbe: http(80) })] });
    await until(ready('fragile'), 'fragile is ready');
    await mesh.exec('fragile', ['touch', '/tmp/broken']);
    await until(() => mesh.weftd.report('fragile')?.restarts === 1 && ready('fragile')(), 'started again');
  });

  test('a command that does not exist and a directory that is not there are said in one line', async () => {
    const lost = pod('lost', [container('app', ['no-such-program'])]);
    const homeless = pod('homeless', [container('app', ['true'], { workingDir: '/no/such/directory' })]);
    mesh.weftd.show({ ...view, pods: [...view.pods, lost, homeless] });
    await until(() => mesh.weftd.report('lost')?.message.includes('(command not found)'), 'command not found');
    await until(() => mesh.weftd.report('homeless')?.message.includes('/no/such/directory does not exist'), 'directory');
  });

  test('a working directory is seen, read-only, wherever it lies', async () => {
    // One below a directory that is closed to others, one on a file system whose flags a user namespace must keep.
    const places = [`/var/tmp/weft-test-${mesh.pid}`, `/dev/shm/weft-test-${mesh.pid}`];
    const owner = uid ?? process.getuid?.() ?? 0;
    for (const place of places) {
      mkdirSync(`${place}/closed/open`, { recursive: true });
      writeFileSync(`${place}/closed/open/data`, 'seen');
      for (const [path, mode] of [
        ['open/data', 0o644],
        ['open', 0o755],
        ['', 0o700],
      ] as const) {
        chownSync(`${place}/closed/${path}`, owner, owner);
        chmodSync(`${place}/closed/${path}`, mode);
      }
    }
    try {
      const pods = places.map((place, index) =>
        pod(`reader${index}`, [container('app', ['sleep', 'infinity'], { workingDir: `${place}/closed/open` })]),
      );
      mesh.weftd.show({ ...view, pods: [...view.pods, ...pods] });
      for (const { name } of pods) {
        await until(ready(name), `${name} is ready`);
        const shown = await mesh.exec(name, ['sh', '-c', 'cat data; touch other']);
        expect(shown).toMatchObject({ code: 1, stdout: 'seen' });
      }
    } finally {
      for (const place of places) rmSync(place, { recursive: true });
    }
  });

  test('while weftd is away everything goes on, and it learns all when it is back', async () => {
    await mesh.weftd.away();
    await mesh.exec('twin', ['curl', '-s', 'http://127.0.0.1/die']).catch(() => undefined);
    const log = `${mesh.home}/logs/pods/shop_twin_app.log`;
    await until(() => readFileSync(log, 'utf8').match(/listening/g)?.length === 2, 'twin is started again');
    expect((await curl('client', 'http://web.shop:8080/')).code).not.toBe(6); // Names are still known.
    await mesh.weftd.back();
    await until(() => ready('twin')() && ready('web')(), 'everything is reported');
    expect(mesh.weftd.registration?.boot).toMatch(/./);
    expect(mesh.weftd.report('twin')?.restarts).toBe(1);
  });

  test('logs can be followed', async () => {
    const lines = follow(`${mesh.run}/agent.sock`, '/pods/shop/web/logs?follow=true&tail=0');
    await mesh.exec('web', ['curl', '-s', 'http://127.0.0.1/die']).catch(() => undefined);
    await until(() => lines().includes('listening'), 'the new line');
    expect(lines()).toContain('weft: app exited with code 3');
  });

  test('a pod that is no longer wanted gets SIGTERM first, and its address goes', async () => {
    const polite = pod('polite', [
      container('app', ['sh', '-c', 'trap "echo bye > /dev/stderr; sleep 1; exit" TERM; while :; do sleep 0.1; done']),
    ]);
    mesh.weftd.show({ ...view, pods: [...view.pods, polite] });
    await until(ready('polite'), 'polite is ready');
    const log = `${mesh.home}/logs/pods/shop_polite_app.log`;
    mesh.weftd.show(view);
    await until(() => mesh.weftd.report('polite')?.phase === 'Terminating', 'terminating is told first');
    await until(() => readFileSync(log, 'utf8').includes('bye'), 'SIGTERM');
    await until(() => mesh.weftd.report('polite') === undefined, 'gone');
    expect(existsSync(log)).toBe(false);
  });

  test('orphans of an application and of the agent leave no zombies', async () => {
    await mesh.exec('client', ['sh', '-c', 'for i in 1 2 3; do (sleep 0.2 &) ; done']);
    await new Promise((resolve) => setTimeout(resolve, 600));
    const states = descendants(mesh.pid).map((pid) => execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim());
    expect(states.filter((state) => state.startsWith('Z'))).toEqual([]);
  });

  test('kill -9 of the host process leaves no process and no namespace', async () => {
    const started = descendants(mesh.pid);
    const networks = new Set(started.map(networkOf));
    expect(networks.size).toBeGreaterThan(3);
    // The kernel gives a namespace's number again: who began later, in another test's mesh, may have it.
    const running = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    await mesh.stop('SIGKILL');
    await until(() => started.every((pid) => !existsSync(`/proc/${pid}`)), 'everything ended');
    const left = running.map((name) => networkOf(Number(name)));
    expect(left.filter((network) => network !== undefined && networks.has(network) && network !== networkOf(process.pid))).toEqual([]);
    // This machine may have mounts of these names already: the project's own place, for one.
    expect(weftMounts()).toEqual(mountedBefore);
    expect(execFileSync('ip', ['link'], { encoding: 'utf8' })).not.toMatch(/pod\d/);
  });
};

/** What has come of a page that does not end. */
const follow = (socketPath: string, path: string): (() => string) => {
  let text = '';
  get({ socketPath, path }, (response) => {
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    response.on('error', () => {});
  });
  return () => text;
};

const networkOf = (pid: number): string | undefined => {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
};
