/** Whose a request is by its address: no header of a stranger changes it, at gateways and at sidecars [S109, S87, G20]. */
import { connect } from 'node:net';
import { afterAll, describe, expect, test } from 'vitest';
import { atGateway, atSidecar, type GatewayPlace, meshLike, type Place, valuesOf } from './scene.ts';

const places: Place[] = [];
const kept = async <P extends Place>(starting: Promise<P>): Promise<P> => {
  const place = await starting;
  places.push(place);
  return place;
};
afterAll(() => Promise.all(places.map((place) => place.stop())));

/** Who may come in. */
const policy = (namespace: string, source: object, action = 'ALLOW') => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name: 'addresses', namespace },
  spec: {
    action,
    rules: [
      { from: [{ source }], to: [{ operation: { paths: ['/guarded'] } }] },
      ...(action === 'ALLOW' ? [{ to: [{ operation: { paths: ['/'] } }] }] : []),
    ],
  },
});

const client = '192.0.2.7';
const topology = (gatewayTopology: object) => meshLike(undefined, { defaultConfig: { gatewayTopology } });

/** Ways to claim that address. */
const claims: readonly (readonly string[])[] = [
  ...[
    client,
    ` ${client}`,
    `${client} `,
    `${client}:80`,
    `${client},`,
    `,${client}`,
    `${client},${client}`,
    `1.2.3.4, ${client}`,
    `${client}, x`,
  ],
  ...[`unknown, ${client}`, `::ffff:${client}`, `[::ffff:${client}]`, `${client}\t`, `"${client}"`, `for=${client}`],
].map((value) => [`x-forwarded-for: ${value}`]);
const others: readonly (readonly string[])[] = [
  [`x-forwarded-for: ${client}`, `x-forwarded-for: ${client}`],
  [`X-FORWARDED-FOR: ${client}`],
  ...['x-real-ip', 'x-client-ip', 'true-client-ip', 'x-envoy-external-address', 'x-original-forwarded-for', 'x-cluster-client-ip'].map(
    (name) => [`${name}: ${client}`],
  ),
  [`forwarded: for=${client}`],
  [`x-envoy-original-dst-host: ${client}:80`],
  ['x-envoy-internal: true', `x-forwarded-for: ${client}`],
];
const forgeries = [...claims, ...others];

const passed = async (place: Place): Promise<readonly string[]> => {
  const through: string[] = [];
  for (const headers of forgeries) if ((await place.get('/guarded', ...headers)).status !== 403) through.push(headers.join('; '));
  return through;
};

describe('an address that is claimed is nobody’s', () => {
  test('at a gateway that trusts no proxy', async () => {
    const place = await kept(atGateway([policy('edge', { remoteIpBlocks: [client] })]));
    expect(await passed(place)).toEqual([]);
    const own = await kept(atGateway([policy('edge', { remoteIpBlocks: ['127.0.0.0/8'] })]));
    expect((await own.get('/guarded', `x-forwarded-for: ${client}`)).status).toBe(200);
  });

  test('at a sidecar, of a caller without identity', async () => {
    const place = await kept(atSidecar([policy('shop', { remoteIpBlocks: [client] })]));
    expect(await passed(place)).toEqual([]);
    const own = await kept(atSidecar([policy('shop', { remoteIpBlocks: ['127.0.0.0/8'] })]));
    expect((await own.get('/guarded', `x-forwarded-for: ${client}`)).status).toBe(200);
    // Istio believes it, and so does a mesh that is to be like Istio.
    const istio = await kept(atSidecar([policy('shop', { remoteIpBlocks: [client] }), meshLike('istio')]));
    expect((await istio.get('/guarded', `x-forwarded-for: ${client}`)).status).toBe(200);
  });

  test('`ipBlocks` are the connection’s, whatever is trusted', async () => {
    const gateway = await kept(atGateway([policy('edge', { ipBlocks: [client] }), topology({ numTrustedProxies: 1 })]));
    expect(await passed(gateway)).toEqual([]);
    const sidecar = await kept(atSidecar([policy('shop', { ipBlocks: [client] }), meshLike('istio')]));
    expect(await passed(sidecar)).toEqual([]);
  });
});

describe('behind proxies that are trusted', () => {
  const behind = (hops: number): Promise<GatewayPlace> =>
    kept(atGateway([policy('edge', { remoteIpBlocks: [client, '2001:db8::7'] }), topology({ numTrustedProxies: hops })]));

  test.each([
    [1, client, 200],
    [1, `9.9.9.9, ${client}`, 200],
    [1, `${client}, 9.9.9.9`, 403],
    [1, '2001:db8::7', 200],
    [1, '2001:db8::8', 403],
    [1, 'unknown', 403],
    [1, '', 403],
    [1, `  ${client}  `, 200],
    [1, `9.9.9.9 ,  ${client}`, 200],
    [1, `${client}, unknown`, 403],
    [1, `${client},`, 403],
    [1, `${client} 9.9.9.9`, 403],
    [1, `for=${client}`, 403],
    [1, `"${client}"`, 403],
    [1, '192.0.2.07', 403],
    [1, '2001:db8::7%eth0', 403],
    [2, `2001:db8::7, 10.0.0.1`, 200],
    [2, `${client}, unknown`, 200],
    [2, `unknown, ${client}`, 403],
    [2, `${client},,10.0.0.1`, 403],
    [2, `${client}, 10.0.0.1`, 200],
    [2, `9.9.9.9, ${client}, 10.0.0.1`, 200],
    [2, `${client}, 9.9.9.9, 10.0.0.1`, 403],
    [2, client, 403],
  ])('%i of them: `%s` gets %i', async (hops, forwarded, status) => {
    const place = await gatewayBehind(hops);
    expect((await place.get('/guarded', `x-forwarded-for: ${forwarded}`)).status).toBe(status);
  });

  const gateways = new Map<number, Promise<GatewayPlace>>();
  const gatewayBehind = (hops: number): Promise<GatewayPlace> => {
    const known = gateways.get(hops) ?? behind(hops);
    gateways.set(hops, known);
    return known;
  };

  test('A30: whose address nobody can read is refused by what refuses addresses', async () => {
    const but = await kept(atGateway([policy('edge', { notRemoteIpBlocks: [client] }, 'DENY'), topology({ numTrustedProxies: 2 })]));
    const these = await kept(atGateway([policy('edge', { remoteIpBlocks: [client] }, 'DENY'), topology({ numTrustedProxies: 2 })]));
    const statuses = async (forwarded: string) => {
      const header = `x-forwarded-for: ${forwarded}`;
      return [(await but.get('/guarded', header)).status, (await these.get('/guarded', header)).status];
    };
    expect(await statuses(`${client}, 10.0.0.1`)).toEqual([200, 403]);
    expect(await statuses('9.9.9.9, 10.0.0.1')).toEqual([403, 200]);
    for (const junk of ['unknown, 10.0.0.1', ', 10.0.0.1', `for=${client}, 10.0.0.1`, `${client}:80:80, 10.0.0.1`, 'x', ''])
      expect(await statuses(junk), junk).toEqual([403, 403]);
  });

  test('several headers are one list', async () => {
    const place = await gatewayBehind(1);
    expect((await place.get('/guarded', `x-forwarded-for: ${client}`, 'x-forwarded-for: 9.9.9.9')).status).toBe(403);
    expect((await place.get('/guarded', 'x-forwarded-for: 9.9.9.9', `x-forwarded-for: ${client}`)).status).toBe(200);
  });
});

const internal = [
  ...['retry-on', 'retry-grpc-on', 'max-retries', 'retriable-status-codes', 'retriable-header-names', 'upstream-rq-timeout-ms'],
  ...['upstream-rq-per-try-timeout-ms', 'expected-rq-timeout-ms', 'upstream-alt-stat-name', 'force-trace', 'internal', 'external-address'],
  ...[
    'decorator-operation',
    'downstream-service-cluster',
    'downstream-service-node',
    'hedge-on-per-try-timeout',
    'ip-tags',
    'original-url',
  ],
].map((name) => `x-envoy-${name}`);

test.each([
  ['gateway', () => atGateway()],
  ['sidecar', () => atSidecar()],
])('A32: what Envoys say to each other, and of certificates, is not taken from a stranger: %s', async (name, start) => {
  const place = await kept<Place>(start());
  const forged = [...internal, 'x-forwarded-client-cert'].map((header) => `${header}: forged`);
  const { seen } = await place.get('/', ...forged);
  const untouched = [...internal, 'x-forwarded-client-cert'].filter((header) => seen && valuesOf(seen, header).includes('forged'));
  expect(seen).toBeDefined();
  expect(untouched, name).toEqual([]);
});

describe('PROXY protocol', () => {
  const told = (place: GatewayPlace, text: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(place.port, '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.on('data', (data) => {
        answer += data;
        socket.destroy();
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(answer.split('\r\n')[0] ?? ''));
    });
  const request = 'GET /guarded HTTP/1.1\r\nhost: a.example\r\n\r\n';

  const from = (address: string, more = ''): string =>
    `PROXY TCP4 ${address} 127.0.0.1 4000 80\r\nGET /guarded HTTP/1.1\r\nhost: a.example\r\n${more}\r\n`;
  const start = (source: object): Promise<GatewayPlace> =>
    kept(atGateway([policy('edge', source), topology({ proxyProtocol: {} })], undefined, 'PROXY TCP4 9.9.9.9 127.0.0.1 1 2\r\n'));

  test('its address is the client’s, and a connection without it is closed', async () => {
    const place = await start({ remoteIpBlocks: [client] });
    expect(await told(place, from(client))).toBe('HTTP/1.1 200 OK');
    expect(await told(place, from('9.9.9.9'))).toBe('HTTP/1.1 403 Forbidden');
    expect(await told(place, from('9.9.9.9', `x-forwarded-for: ${client}\r\n`))).toBe('HTTP/1.1 403 Forbidden');
    expect(await told(place, request)).toBe('');
  });

  test('the connection stays that of the proxy', async () => {
    const place = await start({ ipBlocks: ['127.0.0.1'] });
    expect(await told(place, from(client))).toBe('HTTP/1.1 200 OK');
  });

  test('whoever is excepted is refused: of clients, and of proxies, by `not...`', async () => {
    const clients = await start({ notRemoteIpBlocks: [`${client}/32`, '10.0.0.0/8'] });
    expect(await told(clients, from('9.9.9.9'))).toBe('HTTP/1.1 200 OK');
    for (const address of [client, '10.1.2.3']) expect(await told(clients, from(address))).toBe('HTTP/1.1 403 Forbidden');
    expect(await told(clients, from(client, 'x-forwarded-for: 9.9.9.9\r\n'))).toBe('HTTP/1.1 403 Forbidden');
    const proxies = await start({ notIpBlocks: [client] });
    expect(await told(proxies, from(client))).toBe('HTTP/1.1 200 OK');
    const none = await start({ notIpBlocks: ['127.0.0.0/8'] });
    expect(await told(none, from(client))).toBe('HTTP/1.1 403 Forbidden');
  });
});
