/**
 * An application against its own proxy: it tries every way that is known to get around it, at its key or at its life, as root's
 * child and as an ordinary user's. Each attempt must be refused, and the proxy must not notice.
 */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Mesh, root, startMesh, until } from './mesh.ts';

const users = process.getuid?.() === 0 ? [undefined, 2000] : [undefined];

/** The host's loopback and its link; its other addresses are outside like anybody's. */
const hostAddresses6 = Object.values(networkInterfaces()).flatMap((list) =>
  (list ?? []).flatMap(({ family, address }) => (family === 'IPv6' && /^(::1|fe80)/.test(address) ? [address, `${address}%eth0`] : [])),
);

const below = (directory: string): readonly string[] =>
  readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    return entry.isDirectory() ? below(path) : [path];
  });

describe.each(users)('a hostile application (user %s)', (uid) => {
  let mesh: Mesh;
  beforeAll(async () => {
    mesh = await startMesh({ folder: join(root, 'e2e/isolation'), ...(uid !== undefined && { uid }) });
  });
  afterAll(() => mesh?.stop());

  const exec = (...command: readonly string[]) => mesh.weft('exec', 'deploy/attacker', '-n', 'demo', '--', ...command);
  const proxies = () => mesh.pids('envoy', 'sidecar~');

  it('is refused everything', async () => {
    const { run } = mesh;
    const [proxy = 0] = proxies();
    expect(proxy).toBeGreaterThan(1);
    const inside = `/proc/${proxy}/root/run/weft`;
    const hidden = [...below(mesh.home), ...below(run), ...below(`${inside}/p`).map((path) => path.slice(`/proc/${proxy}/root`.length))];
    expect(hidden.some((path) => path.endsWith('admin.sock')) && hidden.some((path) => path.includes('/ca/'))).toBe(true);
    const isSocket = (path: string): boolean => {
      const seen = path.startsWith('/run/weft/') ? `/proc/${proxy}/root${path}` : path;
      return statSync(seen, { throwIfNoEntry: false })?.isSocket() ?? false;
    };
    const target = {
      files: hidden.filter((path) => !isSocket(path)),
      sockets: hidden.filter(isSocket),
      directories: [mesh.home, run, '/run/weft/p', '/run/netns'],
      pids: mesh.pids('envoy'),
      programs: [...below(join(root, 'dist')).slice(0, 20), join(root, 'package.json'), '/run/weft/envoy'],
      gateway: '169.254.20.1',
      addresses6: [
        '::1',
        '::ffff:127.0.0.1',
        'fd00:10:169::1',
        'fe80::1%eth0',
        'fd00:ec2::254',
        '64:ff9b::7f00:1',
        '64:ff9b::a9fe:a9fe',
        ...hostAddresses6,
      ],
      api: Number(new URL(mesh.api).port),
    };
    const { stdout, stderr } = await exec('python3', 'attack.py', JSON.stringify(target));
    const results = JSON.parse(stdout || '{}') as Record<string, string>;
    expect(Object.keys(results).length, stderr).toBeGreaterThan(20);
    expect(Object.entries(results).filter(([, outcome]) => !outcome.startsWith('refused'))).toEqual([]);
  });

  it('leads nowhere into the mesh: sockets that its configuration names', async () => {
    const [proxy = 0] = proxies();
    const [own = ''] = readdirSync(`/proc/${proxy}/root/run/weft/p`);
    const named = { api: `${mesh.run}/api.sock`, xds: `${mesh.run}/xds.sock`, admin: `/run/weft/p/${own.split('-')[0]}/admin.sock` };
    const entries = Object.entries(named).map(
      ([name, path]) =>
        `apiVersion: networking.istio.io/v1\nkind: ServiceEntry\nmetadata: {name: ${name}, namespace: demo}\nspec:\n  hosts: [${name}.test]\n` +
        `  resolution: STATIC\n  ports: [{number: 8099, name: tcp, protocol: TCP}]\n  endpoints: [{address: "unix://${path}"}]\n`,
    );
    writeFileSync(join(mesh.folder, 'sockets.yaml'), entries.join('---\n'));
    await mesh.applied();
    await until('the entries resolve', async () => (await exec('getent', 'hosts', 'admin.test')).code === 0 || undefined);
    for (const name of Object.keys(named)) {
      const { code, stdout } = await exec('curl', '-s', '-m5', `http://${name}.test:8099/`);
      expect([name, stdout]).toEqual([name, '']);
      expect([52, 56]).toContain(code); // Taken by the proxy, which reached nobody: closed or reset.
    }
  });

  it('is captured in IPv6 as in IPv4: what speaks no mesh TLS is refused, what does gets through', async (context) => {
    const { items } = await mesh.json<{ items: { metadata: { name: string }; status: { podIPs: { ip: string }[] } }[] }>(
      'get',
      'pods',
      '-A',
    );
    const [ipv4 = '', ipv6] = items.find(({ metadata }) => metadata.name.startsWith('strict'))?.status.podIPs.map(({ ip }) => ip) ?? [];
    if (ipv6 === undefined) return context.skip('this kernel gives pods no IPv6: see "pods have IPv4 addresses only" in the agent’s log');
    const from = (workload: string, url: string) =>
      mesh
        .weft('exec', `deploy/${workload}`, '-n', 'demo', '--', 'curl', '-gsf', '-m3', url)
        .then(({ code, stdout }) => ({ code, stdout }));
    const allowed = await Promise.all(['http://strict/', 'http://strict:81/'].map((url) => from('attacker', url)));
    const proven = { code: 0, stdout: expect.stringMatching(`^${ipv6} ::6 .*URI=spiffe://cluster.local/ns/demo/sa/default`) };
    expect(allowed).toEqual([proven, proven]);
    const ways = ['strict', 'strict:81', `${ipv4}:8080`, `[${ipv6}]:8080`, `[${ipv6}]:15006`, `[${ipv6}]:15001`];
    // 56: the connection is captured, and then reset.
    expect(await Promise.all(ways.map((way) => from('outsider', `http://${way}/`)))).toEqual(ways.map(() => ({ code: 56, stdout: '' })));
  });

  it('kills nobody but itself', async () => {
    const before = proxies();
    await exec('sh', '-c', 'kill -9 -1');
    await until(
      'the application is back',
      async () => ((await exec('curl', '-sf', '-m2', 'http://attacker/')).code === 0 ? true : undefined),
      20_000,
      200,
    );
    expect(proxies()).toEqual(before);
  });

  it('runs as nobody else does', async () => {
    const { stdout } = await exec('id', '-u');
    if (process.getuid?.() !== 0 || uid !== undefined) return expect(stdout).toBe('0\n'); // The only user that its namespace has.
    const proxyUser = statSync(`/proc/${proxies()[0]}`).uid;
    expect(Number(stdout)).toBeGreaterThan(1000);
    expect(proxyUser).toBeGreaterThan(1000);
    expect(Number(stdout)).not.toBe(proxyUser);
  });
});
