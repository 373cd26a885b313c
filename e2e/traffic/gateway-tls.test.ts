/** A gateway's servers to real TLS clients: who is shown which certificate, who must show one, and where connections end. */
import { connect } from 'node:net';
import { type ConnectionOptions, createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { freePort } from '../port.ts';
import { type Leaf, makeRoot, type Root } from './certificates.ts';
import { ask, eventually, type GatewayEnvoy, say, secure, startGateway } from './gateway.ts';

let root: Root;
let strangers: Root;
let ports: { tls: number; http: number; tcp: number; auto: number };
let backend: Server;
let backendPort = 0;
let envoy: GatewayEnvoy;
let client: Leaf;
let texts: (secrets?: Readonly<Record<string, Leaf>>) => string;

const yaml = (objects: readonly unknown[]): string => objects.map((object) => stringify(object)).join('---\n');

const secret = (name: string, { certificate, key }: Leaf, namespace = 'edge') => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  type: 'kubernetes.io/tls',
  stringData: { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': root.certificate },
});

const server = (name: string, tls: object, protocol = 'HTTPS') => ({
  port: { number: ports.tls, name, protocol },
  bind: '127.0.0.1',
  hosts: [`${name}.example`],
  tls,
});

const answers = (status: number, host: string) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: host.split('.')[0], namespace: 'edge' },
  spec: { hosts: [host], gateways: ['edge'], http: [{ directResponse: { status } }] },
});

const gateway = () => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { name: 'edge', namespace: 'edge' },
  spec: {
    selector: { istio: 'gw' },
    servers: [
      server('web', { mode: 'SIMPLE', credentialName: 'web' }),
      server('both', { mode: 'SIMPLE', credentialNames: ['web-ecdsa', 'web-rsa'] }),
      server('old', {
        mode: 'SIMPLE',
        credentialName: 'web',
        maxProtocolVersion: 'TLSV1_2',
        cipherSuites: ['ECDHE-ECDSA-AES128-GCM-SHA256'],
      }),
      // One Secret is both: a certificate and a CA by name.
      server('private', { mode: 'MUTUAL', credentialName: 'web', caCertCredentialName: 'web', subjectAltNames: ['client.example'] }),
      server('optional', { mode: 'OPTIONAL_MUTUAL', credentialName: 'web', caCertCredentialName: 'clients' }),
      server('foreign', { mode: 'SIMPLE', credentialName: 'foreign' }),
      server('named', { mode: 'SIMPLE', credentialName: 'bank/foreign' }),
      server('pass', { mode: 'PASSTHROUGH' }),
      server('bytes', { mode: 'SIMPLE', credentialName: 'web' }, 'TLS'),
      {
        port: { number: ports.http, name: 'http', protocol: 'HTTP' },
        bind: '127.0.0.1',
        hosts: ['*.example'],
        tls: { httpsRedirect: true },
      },
      { port: { number: ports.tcp, name: 'tcp', protocol: 'TCP' }, bind: '127.0.0.1', hosts: ['*'] },
      {
        port: { number: ports.auto, name: 'auto', protocol: 'TLS' },
        bind: '127.0.0.1',
        hosts: ['*.mesh.example'],
        tls: { mode: 'AUTO_PASSTHROUGH' },
      },
    ],
  },
});

const outside = () => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'ServiceEntry',
  metadata: { name: 'backend', namespace: 'edge' },
  spec: {
    hosts: ['backend.example'],
    location: 'MESH_EXTERNAL',
    resolution: 'STATIC',
    ports: [{ number: 443, name: 'tls', protocol: 'TLS', targetPort: backendPort }],
    endpoints: [{ address: '127.0.0.1' }],
  },
});

/** Of the mesh: one endpoint takes mesh TLS, the other service's takes none. */
const inside = (name: string, tlsMode: string) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'ServiceEntry',
  metadata: { name, namespace: 'edge' },
  spec: {
    hosts: [`${name}.mesh.example`],
    location: 'MESH_INTERNAL',
    resolution: 'STATIC',
    ports: [{ number: 443, name: 'tls', protocol: 'TLS', targetPort: backendPort }],
    endpoints: [{ address: '127.0.0.1', labels: { 'security.istio.io/tlsMode': tlsMode } }],
  },
});

const connections = (kind: 'tls' | 'tcp', name: string, match: object) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: `to-${name}`, namespace: 'edge' },
  spec: {
    hosts: [name === 'tcp' ? '*' : `${name}.example`],
    gateways: ['edge'],
    [kind]: [{ match: [match], route: [{ destination: { host: 'backend.example', port: { number: 443 } } }] }],
  },
});

const authority = () => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'clients', namespace: 'edge' },
  stringData: { 'ca.crt': root.certificate },
});

beforeAll(async () => {
  [root, strangers] = [await makeRoot('root'), await makeRoot('strangers')];
  ports = { tls: await freePort(), http: await freePort(), tcp: await freePort(), auto: await freePort() };
  client = await root.issue('client.example');
  const ecdsa = await root.issue('both.example', { name: 'ecdsa' });
  const [web, rsa, own] = [
    await root.issue('web'),
    await root.issue('both.example', { name: 'rsa', kind: 'rsa' }),
    await root.issue('backend'),
  ];
  backend = createServer({ cert: own.certificate, key: own.key }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (data) => socket.write(`HTTP/1.1 203 [${data}]\r\n`));
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  backendPort = (backend.address() as { port: number }).port;
  texts = (secrets = {}) =>
    yaml([
      gateway(),
      outside(),
      inside('mutual', 'istio'),
      inside('plain', 'disabled'),
      authority(),
      ...Object.entries({ web, 'web-rsa': rsa, 'web-ecdsa': ecdsa, ...secrets }).map(([name, leaf]) => secret(name, leaf)),
      secret('foreign', web, 'bank'),
      ...['web', 'both', 'old', 'private', 'optional', 'foreign', 'named'].map((name, index) => answers(210 + index, `${name}.example`)),
      connections('tls', 'pass', { sniHosts: ['pass.example'] }),
      connections('tcp', 'bytes', { port: ports.tls }),
      connections('tcp', 'tcp', { port: ports.tcp }),
    ]);
  envoy = await startGateway(texts());
  await eventually(
    () => ask({ port: ports.tls, servername: 'web.example' }),
    ({ answer }) => answer.includes('210'),
  );
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  backend?.close();
});

const refused = (options: Parameters<typeof ask>[0]) =>
  ask({ port: ports.tls, ...options }).then(
    ({ answer }) => answer,
    () => 'refused',
  );

describe('certificates [S119]', () => {
  test('the server name chooses certificate and routes; HTTP/2 and HTTP/1.1 are offered', async () => {
    expect(await ask({ port: ports.tls, servername: 'web.example' })).toMatchObject({
      name: 'web',
      protocol: 'TLSv1.3',
      answer: 'HTTP/1.1 210 Unknown',
    });
    const both = await ask({ port: ports.tls, servername: 'both.example' });
    expect(both.answer).toContain('211');
    const h2 = await secure({ port: ports.tls, servername: 'web.example', ALPNProtocols: ['h2', 'http/1.1'] });
    expect(h2.alpnProtocol).toBe('h2');
    h2.destroy();
  });

  test('of two certificates the client gets the one that it can check', async () => {
    const only = (ciphers: string) => ask({ port: ports.tls, servername: 'both.example', maxVersion: 'TLSv1.2', ciphers });
    expect((await only('ECDHE-ECDSA-AES128-GCM-SHA256')).name).toBe('ecdsa');
    expect((await only('ECDHE-RSA-AES128-GCM-SHA256')).name).toBe('rsa');
  });

  test('a host of another server is 404 behind this one’s certificate; a name that nobody has is closed', async () => {
    expect((await ask({ port: ports.tls, servername: 'web.example' }, 'private.example')).answer).toContain('404');
    expect(await refused({ servername: 'nobody.example' })).toBe('refused');
  });

  test('version and cipher suite are what the server says', async () => {
    expect(await ask({ port: ports.tls, servername: 'old.example' })).toMatchObject({ protocol: 'TLSv1.2' });
    expect(await refused({ servername: 'old.example', minVersion: 'TLSv1.3' })).toBe('refused');
    expect(await refused({ servername: 'old.example', maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384' })).toBe('refused');
  });
});

describe('clients', () => {
  test('MUTUAL takes those of its CA with the right name, and nobody else', async () => {
    const own = { cert: client.certificate, key: client.key };
    expect(await refused({ servername: 'private.example', ...own })).toContain('213');
    expect(await refused({ servername: 'private.example' })).toBe('refused');
    const stranger = await strangers.issue('client.example');
    expect(await refused({ servername: 'private.example', cert: stranger.certificate, key: stranger.key })).toBe('refused');
    const other = await root.issue('other.example');
    expect(await refused({ servername: 'private.example', cert: other.certificate, key: other.key })).toBe('refused');
  });

  test('whose certificate is looked at each time: no session of theirs is resumed, while others save the work', async () => {
    const ticketsOf = async (options: ConnectionOptions): Promise<number> => {
      const socket = await secure({ port: ports.tls, ...options });
      let tickets = 0;
      socket.on('session', () => {
        tickets += 1;
      });
      await say(socket, `GET / HTTP/1.1\r\nhost: ${options.servername}\r\n\r\n`);
      socket.destroy();
      return tickets;
    };
    const own = { cert: client.certificate, key: client.key };
    expect(await ticketsOf({ servername: 'private.example', ...own })).toBe(0);
    expect(await ticketsOf({ servername: 'optional.example', ...own })).toBe(0);
    expect(await ticketsOf({ servername: 'web.example' })).toBeGreaterThan(0);
  });

  test('OPTIONAL_MUTUAL takes those without one too, but none of strangers', async () => {
    expect(await refused({ servername: 'optional.example' })).toContain('214');
    const stranger = await strangers.issue('client.example');
    expect(await refused({ servername: 'optional.example', cert: stranger.certificate, key: stranger.key })).toBe('refused');
  });
});

describe('connections that are passed on', () => {
  test('PASSTHROUGH: TLS ends at the backend [S120]', async () => {
    const answer = await ask({ port: ports.tls, servername: 'pass.example' });
    expect(answer).toMatchObject({ name: 'backend' });
    expect(answer.answer).toContain('203');
  });

  test('TLS that ends here, and bytes from there on', async () => {
    const socket = await secure({ port: ports.tls, servername: 'bytes.example', ALPNProtocols: [] });
    expect(socket.getPeerCertificate().subject.CN).toBe('web');
    // The backend wants TLS: plain bytes make it hang up, which shows that they reached it as they were.
    await expect(say(socket, 'hello\r\n')).rejects.toThrow(/closed|ECONNRESET/);
  });

  test('AUTO_PASSTHROUGH: mesh TLS to the cluster that it names, nothing else, and to no endpoint without it [S121]', async () => {
    const ofMesh = (name: string, alpn = 'istio') =>
      ask({ port: ports.auto, servername: `outbound_.443_._.${name}.mesh.example`, ALPNProtocols: [alpn] });
    expect(await ofMesh('mutual')).toMatchObject({ name: 'backend' });
    for (const refusal of [ofMesh('plain'), ofMesh('mutual', 'http/1.1'), ofMesh('nobody')]) await expect(refusal).rejects.toThrow();
    await expect(ask({ port: ports.auto, servername: 'mutual.mesh.example', ALPNProtocols: ['istio'] })).rejects.toThrow();
  });

  test('a TCP server passes bytes', async () => {
    const answer = await ask({ port: ports.tcp, servername: 'anything.example' });
    expect(answer.name).toBe('backend');
  });
});

test('httpsRedirect answers 301 for every path [S120]', async () => {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(ports.http, '127.0.0.1', () => socket.write('GET /a?b=c HTTP/1.1\r\nhost: web.example\r\n\r\n'));
    socket.on('error', reject);
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString('latin1'));
    });
  });
  expect(answer).toMatch(/^HTTP\/1.1 301/);
  expect(answer).toContain('location: https://web.example/a?b=c');
});

describe('Secrets [S136]', () => {
  test('one of another namespace does not exist, said or not; its neighbours are served', async () => {
    expect(await refused({ servername: 'foreign.example' })).toBe('refused');
    expect(await refused({ servername: 'named.example' })).toBe('refused');
    expect(await refused({ servername: 'web.example' })).toContain('210');
  });

  test('a changed one is shown at once; connections that are open stay', async () => {
    const open = await secure({ port: ports.tls, servername: 'web.example' });
    expect(await say(open, 'GET / HTTP/1.1\r\nhost: web.example\r\n\r\n')).toContain('210');
    envoy.set(texts({ web: await root.issue('renewed') }));
    await eventually(
      () => ask({ port: ports.tls, servername: 'web.example' }),
      ({ name }) => name === 'renewed',
    );
    expect(await say(open, 'GET / HTTP/1.1\r\nhost: web.example\r\n\r\n')).toContain('210');
    open.destroy();
  });

  test('one that comes later is taken without a new listener', async () => {
    envoy.set(texts({ foreign: await root.issue('late') }));
    await eventually(
      () => ask({ port: ports.tls, servername: 'foreign.example' }),
      ({ name, answer }) => name === 'late' && answer.includes('215'),
    );
  });

  test('one that is deleted is shown until the gateway restarts, as in Istio; others that change meanwhile are taken', async () => {
    // Without `foreign` again, which Envoy has.
    envoy.set(texts({ web: await root.issue('after') }));
    await eventually(
      () => ask({ port: ports.tls, servername: 'web.example' }),
      ({ name }) => name === 'after',
    );
    expect(await ask({ port: ports.tls, servername: 'foreign.example' })).toMatchObject({ name: 'late' });
  });
});

test('Envoy refused nothing', () => expect(envoy.refusals).toEqual([]));
