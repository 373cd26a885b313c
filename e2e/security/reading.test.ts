/**
 * What servers, routes and policies see of requests that can be read in more than one way [G20]: paths, hosts and headers in odd
 * forms, at a gateway and at a sidecar, as Weft reads them and as Istio does.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { atGateway, atSidecar, meshLike, type Place, valuesOf } from './scene.ts';

const places: Place[] = [];
const kept = async <P extends Place>(starting: Promise<P>): Promise<P> => {
  const place = await starting;
  places.push(place);
  return place;
};

const istio = meshLike('istio');
const gateway = kept(atGateway());
const sidecar = kept(atSidecar());
const istioGateway = kept(atGateway([istio]));
const istioSidecar = kept(atSidecar([istio]));
const modes = {
  NONE: kept(atSidecar([meshLike(undefined, { pathNormalization: { normalization: 'NONE' } })])),
  DECODE_AND_MERGE_SLASHES: kept(atSidecar([meshLike(undefined, { pathNormalization: { normalization: 'DECODE_AND_MERGE_SLASHES' } })])),
};
afterAll(() => Promise.all(places.map((place) => place.stop())));

/** What the server gets, or the status of a request that it does not get. */
const pathSeen = async (place: Promise<Place>, path: string): Promise<string | number> => {
  const { seen, status } = await (await place).get(path);
  return seen?.path ?? status;
};

describe('paths', () => {
  // The last two: at a gateway, and at a gateway that is like Istio's.
  const rows: readonly (readonly [path: string, sidecar: string | number, asIstio: string | number, gateway: string | number])[] = [
    // A1
    ['/app/../admin', '/admin', '/admin', '/admin'],
    ['/app/%2E./admin', '/admin', '/admin', '/admin'],
    ['/app/%2e%2E/admin', '/admin', '/admin', '/admin'],
    ['/app\\admin', '/app/admin', '/app/admin', '/app/admin'],
    ['/app\\..\\admin', '/admin', '/admin', '/admin'],
    ['/./admin', '/admin', '/admin', '/admin'],
    // A2
    ['//admin', '/admin', '//admin', '/admin'],
    ['/app//../admin', '/app/admin', '/app/admin', '/app/admin'],
    ['/app/\\/\\/\\admin', '/app/admin', '/app//////admin', '/app/admin'],
    ['///', '//', '///', '//'],
    // A3
    ['/app%2f..%2Fadmin', '/app%2f..%2Fadmin', '/app%2f..%2Fadmin', '/admin'],
    ['/app%5c..%5Cadmin', '/app%5c..%5Cadmin', '/app%5c..%5Cadmin', '/admin'],
    ['/a%2fb', '/a%2fb', '/a%2fb', '/a/b'],
    // A4: parameters stay; policies look at paths with and without them.
    ['/app/..;/admin', '/admin', '/admin', '/admin'],
    ['/app/..;a=b/admin', '/admin', '/admin', '/admin'],
    ['/app/%2e%2e;/admin', 403, '/app/..;/admin', 403],
    ['/;/admin', '/;/admin', '/;/admin', '/;/admin'],
    ['/admin;a=b', '/admin;a=b', '/admin;a=b', '/admin;a=b'],
    // A5: decoded once
    ['/%252e%252e/admin', '/%252e%252e/admin', '/%252e%252e/admin', '/%252e%252e/admin'],
    ['/app%252f..%252fadmin', '/app%252f..%252fadmin', '/app%252f..%252fadmin', '/app%252f..%252fadmin'],
    // A6
    ['/%c0%af', '/%c0%af', '/%c0%af', '/%c0%af'],
    ['/%c0%ae%c0%ae/admin', '/%c0%ae%c0%ae/admin', '/%c0%ae%c0%ae/admin', '/%c0%ae%c0%ae/admin'],
    // A7
    ['/admin%00', 400, 400, 400],
    // A8
    ['/admin#x', '/admin', '/admin', '/admin'],
    ['/app#/../admin', '/app', '/app', '/app'],
    // A9, A10, A11
    ['/admin?x=1', '/admin?x=1', '/admin?x=1', '/admin?x=1'],
    ['/admin?x=//y/../z', '/admin?x=//y/../z', '/admin?x=//y/../z', '/admin?x=//y/../z'],
    ['/ADMIN', '/ADMIN', '/ADMIN', '/ADMIN'],
    ['/admin/', '/admin/', '/admin/', '/admin/'],
    // More dots than there are segments
    ['/../../admin', '/admin', '/admin', '/admin'],
  ];

  test.each(rows)('%s', async (path, atServer, asIstio, edge) => {
    expect(await pathSeen(sidecar, path)).toBe(atServer);
    expect(await pathSeen(istioSidecar, path)).toBe(asIstio);
    expect(await pathSeen(istioGateway, path)).toBe(asIstio);
    expect(await pathSeen(gateway, path)).toBe(edge);
  });

  test.each(rows)('over HTTP/2: %s', async (path, atServer, asIstio, edge) => {
    for (const [place, expected] of [
      [sidecar, atServer],
      [istioSidecar, asIstio],
      [gateway, edge],
    ] as const) {
      const { seen, status } = await (await place).get2({ ':path': path });
      // HTTP/2 may reset the stream where HTTP/1.1 has an answer.
      expect(seen?.path ?? (status === 0 && typeof expected === 'number' ? expected : status)).toBe(expected);
    }
  });

  test('[S86]: what the mesh says of paths holds', async () => {
    expect(await pathSeen(modes.NONE, '/app/../admin')).toBe('/app/../admin');
    expect(await pathSeen(modes.NONE, '//a%2fb')).toBe('//a%2fb');
    expect(await pathSeen(modes.DECODE_AND_MERGE_SLASHES, '//app%2f..%5cadmin')).toBe('/admin');
  });

  test('A6: of all escapes, none becomes a dot or slash but these', async () => {
    const place = await sidecar;
    for (let byte = 1; byte < 256; byte += 1) {
      const escape = `%${byte.toString(16).padStart(2, '0')}`;
      const { seen, status } = await place.get(`/a${escape}b`);
      const character = String.fromCharCode(byte);
      const expected = /[A-Za-z0-9\-._~]/.test(character) ? `/a${character}b` : `/a${escape}b`;
      expect(seen?.path.toLowerCase() ?? status, escape).toBe(expected.toLowerCase());
    }
  });
});

describe('hosts', () => {
  const hostSeen = async (place: Promise<Place>, request: string): Promise<readonly string[] | number> => {
    const { seen, status } = await (await place).send(request);
    return seen ? valuesOf(seen, 'host') : status;
  };
  const get = (target: string, ...hosts: readonly string[]): string =>
    `GET ${target} HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join('')}\r\n`;

  test('A14: a last dot is taken off', async () => {
    expect(await hostSeen(sidecar, get('/', 'a.example.'))).toEqual(['a.example']);
    expect(await hostSeen(gateway, get('/', 'a.example.'))).toEqual(['a.example']);
    expect(await hostSeen(gateway, get('/', 'a.example.:8080'))).toEqual(['a.example:8080']);
    expect(await hostSeen(istioSidecar, get('/', 'a.example.'))).toEqual(['a.example.']);
    expect(await hostSeen(istioGateway, get('/', 'a.example.'))).toEqual(['a.example.']);
  });

  test.each([
    ['gateway', gateway],
    ['sidecar', sidecar],
  ])('A15: one host counts, at the %s', async (_, place) => {
    expect(await hostSeen(place, get('/', 'a.example', 'b.example'))).toBe(403);
    expect(await hostSeen(place, get('/', 'a.example', 'a.example'))).toBe(403);
    expect(await hostSeen(place, get('/', 'b.example@a.example'))).toBe(403);
    expect(await hostSeen(place, get('/'))).toBe(400);
    expect(await hostSeen(place, get('http://a.example/', 'b.example'))).toEqual(['a.example']);
  });
});

test('A15: over HTTP/2 `host` does not speak against `:authority`', async () => {
  for (const place of [await gateway, await sidecar]) {
    const { seen, status } = await place.get2({ ':path': '/', ':authority': 'a.example', host: 'b.example' });
    expect(seen ? valuesOf(seen, 'host') : status).not.toContain('b.example');
  }
});

describe('headers', () => {
  test('A18: an underscore is refused at the edge and left out inside', async () => {
    expect((await (await gateway).get('/', 'x_role: admin')).status).toBe(400);
    expect((await (await gateway).get2({ ':path': '/', x_role: 'admin' })).seen).toBeUndefined();
    const { seen } = await (await sidecar).get('/', 'x_role: admin', 'x-role: user');
    expect(seen && [valuesOf(seen, 'x_role'), valuesOf(seen, 'x-role')]).toEqual([[], ['user']]);
    for (const place of [istioGateway, istioSidecar]) {
      const { seen: istios } = await (await place).get('/', 'x_role: admin');
      expect(istios && valuesOf(istios, 'x_role')).toEqual(['admin']);
    }
  });

  test('[G21]: no server’s answer bears the id of a refusal', async () => {
    for (const place of [gateway, sidecar]) {
      const { status, head } = await (await place).get('/');
      expect([status, head.includes('x-weft-denial-id')]).toEqual([200, false]);
    }
  });

  test.each([
    [
      'two ways of saying how long a body is',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello'],
    ['an encoding that is none', 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nhost: a\r\nx-role : admin\r\n\r\n'],
    ['a line that goes on', 'GET / HTTP/1.1\r\nhost: a\r\nx-role: user\r\n admin\r\n\r\n'],
    ['a NUL in a value', 'GET / HTTP/1.1\r\nhost: a\r\nx-role: us\0er\r\n\r\n'],
    ['a bare line feed', 'GET / HTTP/1.1\nhost: a\n\n'],
    ['a NUL in the path', 'GET /ad\0min HTTP/1.1\r\nhost: a\r\n\r\n'],
    ['CONNECT', 'CONNECT a.example:80 HTTP/1.1\r\nhost: a.example:80\r\n\r\n'],
  ])('A38: %s does not reach the server as something else', async (_, request) => {
    for (const place of [await gateway, await sidecar]) {
      place.backend.arrivals.length = 0;
      const { status } = await place.send(request);
      const [arrival] = place.backend.arrivals;
      if (status !== 200) expect(arrival).toBeUndefined();
      else expect(arrival && valuesOf(arrival, 'x-role').join()).not.toMatch(/^admin|^user$/);
    }
  });

  test('A38: an upgrade to HTTP/2 is not passed on', async () => {
    const upgrade =
      'GET / HTTP/1.1\r\nhost: a\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n\r\n';
    for (const place of [await gateway, await sidecar]) {
      place.backend.arrivals.length = 0;
      await place.send(upgrade);
      for (const arrival of place.backend.arrivals)
        expect([...valuesOf(arrival, 'upgrade'), ...valuesOf(arrival, 'http2-settings')]).toEqual([]);
    }
  });
});

describe('what is denied is denied in every spelling', () => {
  const denied = (to: object) => ({
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'denied', namespace: 'shop' },
    spec: { action: 'DENY', rules: [{ to: [{ operation: to }] }] },
  });

  test('A13, A14: a host with a port, a last dot or in capitals', async () => {
    const strict = await kept(atSidecar([denied({ hosts: ['deny.example.com'] })]));
    const status = async (place: Place, host: string) => (await place.get('/', `host: ${host}`)).status;
    for (const host of ['deny.example.com', 'deny.example.com:8080', 'DENY.example.com', 'deny.example.com.', 'deny.example.com.:80'])
      expect(await status(strict, host), host).toBe(403);
    for (const host of ['deny.example.community', 'a.deny.example.com', 'deny.example.co'])
      expect(await status(strict, host), host).toBe(200);
    const like = await kept(atSidecar([istio, denied({ hosts: ['deny.example.com'] })]));
    expect(await status(like, 'deny.example.com')).toBe(403);
    expect(await status(like, 'deny.example.com:8080')).toBe(200);
  });

  test('A1-A9: a path with dots, slashes, parameters, a query or a fragment', async () => {
    const strict = await kept(atSidecar([denied({ paths: ['/admin'] })]));
    const spellings = [
      '/admin',
      '/app/../admin',
      '//admin',
      '/admin;a=b',
      '/admin;',
      '/admin?x=1',
      '/admin#x',
      '/%61dmin',
      '/app/..;/admin',
    ];
    for (const path of spellings) expect((await strict.get(path)).status, path).toBe(403);
    for (const path of ['/administrator', '/Admin', '/admin/']) expect((await strict.get(path)).status, path).toBe(200);
    const like = await kept(atSidecar([istio, denied({ paths: ['/admin'] })]));
    expect((await like.get('/admin;a=b')).status).toBe(200);
  });
});
