/** Every route, by every role and every stranger: made from the OpenAPI document, which a test finds complete. */
import { readdirSync, readFileSync } from 'node:fs';
import { get, request } from 'node:http';
import { mayAs, type Role, roles } from '@weft/model';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { type Answer, type Asked, askAt, createHarness, type Harness } from '../app.fixture.ts';
import { errorShape } from './shapes.ts';

interface Operation {
  readonly method: string;
  /** With names in place of parameters. */
  readonly path: string;
  readonly template: string;
  readonly role: Role | 'anyone';
  readonly summary?: string;
  readonly schema?: object;
}

let weftd: Harness;
let port: number;
let document: { readonly paths: Record<string, Record<string, Record<string, unknown>>> };
let operations: readonly Operation[];
const tokens = new Map<Role, string>();

const host = (): string => `127.0.0.1:${port}`;
const tcp = (path: string, { headers, ...asked }: Asked = {}): Promise<Answer> =>
  askAt({ port }, path, { ...asked, headers: { host: host(), ...headers } });
const bearer = (role: Role): Record<string, string> => ({ authorization: `Bearer ${tokens.get(role)}` });

const operationsIn = ({ paths }: typeof document): readonly Operation[] =>
  Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, said]) => ({
      method: method.toUpperCase(),
      template,
      path: template
        .replace('/api/v1', '')
        .replace(/\{kind\}/, 'svc')
        .replace(/\{\w+\}/g, 'none'),
      role: said['x-weft-role'] as Operation['role'],
      summary: said['summary'] as string,
      // biome-ignore lint/suspicious/noExplicitAny: a document of every shape
      schema: (said as any).responses?.['200']?.content?.['application/json']?.schema,
    })),
  );

/** What is answered for good, or goes on, is not waited for. */
const statusOf = ({ method, path }: Operation, headers: Record<string, string>, body = ''): Promise<{ status: number; error: string }> =>
  new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      method,
      path: `/api/v1${path}${path === '/wait' ? '?timeoutMs=0' : ''}`,
      headers: { host: host(), ...headers },
    });
    sent.on('error', reject);
    sent.on('response', (response) => {
      const status = response.statusCode ?? 0;
      let error = '';
      response.on('data', (chunk) => {
        error += chunk;
      });
      response.on('end', () => resolve({ status, error }));
      if (status < 400) {
        resolve({ status, error });
        response.destroy();
      }
    });
    sent.end(body);
  });

/** The status of the answer to headers alone, on a connection of its own: a body that they announce is never sent. */
const announced = ({ method, path }: Operation, headers: Record<string, string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, agent: false, method, path: `/api/v1${path}`, headers: { host: host(), ...headers } });
    sent.on('error', reject);
    sent.on('response', (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sent.flushHeaders();
  });

beforeAll(async () => {
  weftd = createHarness();
  port = Number(new URL((await weftd.start()).addresses.api).port);
  for (const role of roles) {
    const { body } = await weftd.ask('/access/tokens', { body: { name: `as-${role}`, role } });
    tokens.set(role, body.token);
  }
  ({ body: document } = await tcp('/openapi.json', { headers: bearer('viewer') }));
  operations = operationsIn(document);
});

afterAll(() => weftd.remove());

test('every route is in the document, with its role and what it is for', async () => {
  const folder = new URL('./', import.meta.url);
  const sources = readdirSync(folder).filter((name) => name.endsWith('.ts') && !/\.test\.ts$|^(node|console)\.ts$/.test(name));
  const registered = sources.flatMap((name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    return [...text.matchAll(/(?:server|scoped)\.(get|post|delete|put)(?:<[^(]*>)?\(\s*['`](?:\$\{prefix\})?(\/[^'`]*)['`]/g)].map(
      ([, method, path]) => `${method?.toUpperCase()} ${path?.replace(/:(\w+)/g, '{$1}')}`,
    );
  });
  expect(registered.length).toBeGreaterThan(45);
  expect(operations.map(({ method, template }) => `${method} ${template.replace('/api/v1', '')}`).sort()).toEqual(registered.sort());
  for (const { role, summary, template } of operations)
    expect([template, role, summary]).toEqual([template, expect.any(String), expect.any(String)]);
});

test('no route answers another role than its own and those above it, or a stranger', async () => {
  const tried = operations.map(async (operation) => {
    const { role: needed, template, method } = operation;
    const answers = roles.map(async (role) => {
      const { status, error } = await statusOf(operation, bearer(role));
      return [role, status === 403 && error.includes('this needs')];
    });
    const stranger = await statusOf(operation, {});
    expect([method, template, ...(await Promise.all(answers))]).toEqual([
      method,
      template,
      ...roles.map((role) => [role, needed !== 'anyone' && !mayAs(role, needed)]),
    ]);
    if (needed !== 'anyone') expect([method, template, stranger.status]).toEqual([method, template, 401]);
  });
  await Promise.all(tried);
  expect(tried.length * roles.length).toBeGreaterThan(190);
});

test('no route answers a page of another origin or under another name, with whatever token', async () => {
  const origins = ['http://evil.example', 'null', 'https://127.0.0.1', `http://127.0.0.1.evil.example:${port}`];
  const hosts = ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1.:${port}`, `0.0.0.0:${port}`];
  for (const operation of operations) {
    for (const origin of origins) expect((await statusOf(operation, { ...bearer('admin'), origin })).status, operation.template).toBe(403);
    for (const name of hosts) expect((await statusOf(operation, { ...bearer('admin'), host: name })).status, operation.template).toBe(421);
  }
  expect(operations.length * origins.length).toBeGreaterThan(190);
  const foreign = await new Promise((resolve) => {
    const socket = new WebSocket(`ws://${host()}/api/v1/pods/a/b/exec?command=ls`, {
      headers: { ...bearer('admin'), origin: 'http://evil.example' },
    });
    socket.on('unexpected-response', (_, { statusCode }) => resolve(statusCode));
    socket.on('error', () => {});
  });
  expect(foreign).toBe(403);
});

/** What a page of another origin can send without asking first, and what this API speaks. */
const bodies: readonly (readonly [string, string])[] = [
  ['text/plain', '{"name":"forged","role":"admin"}'],
  ['application/x-www-form-urlencoded', 'name=forged&role=admin'],
  ['multipart/form-data; boundary=b', '--b\r\ncontent-disposition: form-data; name="name"\r\n\r\nforged\r\n--b--\r\n'],
  ['application/json', '{"name":"forged","role":"admin"}'],
];

test('no change is made by a session’s cookie alone, whatever the body is called', async () => {
  const { body: link } = await weftd.ask('/login/links', { body: {} });
  const origin = `http://${host()}`;
  const login = await tcp('/login', { body: { ticket: new URL(link.url).hash.replace('#ticket=', '') }, headers: { origin } });
  const session = { cookie: String(login.headers['set-cookie']).split(';')[0] ?? '', origin };
  const changing = operations.filter(({ method, role }) => method !== 'GET' && role !== 'anyone');
  expect(changing.length).toBeGreaterThan(10);
  for (const operation of changing)
    for (const [type, body] of bodies) {
      const sent = { 'content-type': type, 'content-length': String(Buffer.byteLength(body)) };
      const { status, error } = await statusOf(operation, { ...session, ...sent }, body);
      expect([operation.template, type, status, error]).toEqual([operation.template, type, 403, expect.stringContaining('x-weft-csrf')]);
    }
  expect((await tcp('/session', { headers: { cookie: session.cookie } })).status).toBe(200);
  const { body: list } = await weftd.ask('/access/tokens');
  expect(JSON.stringify(list)).not.toContain('forged');
});

test('a method is what the request line says, and no header or field', async () => {
  const { body: made } = await weftd.ask('/access/tokens', { body: { name: 'stays', role: 'viewer' } });
  for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
    const headers = { ...bearer('admin'), [name]: 'DELETE' };
    for (const method of ['GET', 'POST'])
      expect([name, method, (await tcp('/access/tokens/stays?_method=DELETE', { method, headers })).status]).toEqual([name, method, 404]);
    for (const operation of operations.filter(({ method, role }) => method === 'GET' && role !== 'anyone'))
      expect((await statusOf(operation, { [name]: 'POST' })).status, operation.template).toBe(401);
  }
  expect((await tcp('/status', { headers: { authorization: `Bearer ${made.token}` } })).status).toBe(200);
});

test('what is too large is refused by every route: headers, and a body before it is sent', async () => {
  const changing = operations.filter(({ method }) => method === 'POST' || method === 'PUT');
  const large = { ...bearer('admin'), 'x-large': 'x'.repeat(20_000) };
  for (const operation of operations) expect([operation.template, await announced(operation, large)]).toEqual([operation.template, 431]);
  for (const operation of changing) {
    const headers = { ...bearer('admin'), 'content-type': 'application/json', 'content-length': String(17 * 1024 * 1024) };
    expect([operation.template, await announced(operation, headers)]).toEqual([operation.template, 413]);
  }
});

test('every answer tells browsers what not to do: refusals, streams and what is not there too', async () => {
  const raw = (path: string): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const sent = get({ host: '127.0.0.1', port, path, headers: { host: host(), ...bearer('admin') } }, (response) => {
        resolve(response.headers);
        response.destroy();
      });
      sent.on('error', reject);
    });
  for (const path of [
    '/api/v1/status',
    '/api/v1/stream',
    '/api/v1/records/follow',
    '/api/v1/nothing',
    '/nothing',
    '/api/v1/wait?timeoutMs=x',
  ]) {
    expect([path, await raw(path)]).toMatchObject([
      path,
      {
        'content-security-policy': expect.stringMatching(
          /^default-src 'none'; script-src 'self'; style-src 'self';.*frame-ancestors 'none'/,
        ),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      },
    ]);
  }
});

test('nothing outside the console’s folder is served, whatever a path is made of', async () => {
  const secret = readFileSync(weftd.files.token, 'utf8').trim();
  const ups = ['..', '%2e%2e', '.%2e', '%252e%252e', '..%2f..', '..\\..', '%5c..', '..;', '....', '%c0%ae%c0%ae'];
  const places = ['', '/assets', '/assets/', '/api/v1/../..', '/weft.svg', '//', '/assets/%00', '/.'];
  const targets = ['etc/passwd', 'package.json', weftd.files.token.slice(1), 'proc/self/environ', 'index.js', '.git/config', 'weftd.js'];
  let tried = 0;
  for (const up of ups)
    for (const place of places)
      for (const target of targets) {
        const path = `${place}/${Array.from({ length: 6 }, () => up).join('/')}/${target}`;
        const text = await new Promise<string>((resolve) => {
          const sent = get({ host: '127.0.0.1', port, path, headers: { host: host() } }, (response) => {
            let all = '';
            response.on('data', (chunk) => {
              all += chunk;
            });
            response.on('end', () => resolve(all));
          });
          sent.on('error', () => resolve(''));
        });
        expect([path, /root:.*:0:0|"workspaces"|"private"|PATH=|\[core\]/.test(text) || text.includes(secret)]).toEqual([path, false]);
        tried += 1;
      }
  expect(tried).toBeGreaterThanOrEqual(500);
});

test('answers have the shapes that the document tells', async () => {
  weftd.write('cart.yaml', 'apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\nspec: {ports: [{port: 80}]}\n');
  await weftd.ask('/wait?timeoutMs=5000');
  const schemaAt = (template: string): object =>
    operations.find((one) => one.template === `/api/v1${template}` && one.method === 'GET')?.schema ?? {};
  const asked: readonly (readonly [string, string])[] = [
    ['/status', '/status'],
    ['/resources/{kind}', '/resources/svc'],
    ['/resources/{kind}/{namespace}/{name}', '/resources/svc/shop/cart'],
    ...['/findings', '/proxies', '/workloads', '/access/tokens', '/audit', '/silences', '/history'].map((path) => [path, path] as const),
    ['/audit/{id}', '/audit/1'],
    ['/history/{revision}', '/history/1'],
    ['/wait', '/wait?timeoutMs=0'],
    ['/session', '/session'],
  ];
  for (const [template, path] of asked) {
    const { status, body } = await tcp(path, { headers: bearer('admin') });
    const schema = schemaAt(template);
    expect([path, status, Object.keys(schema).length > 1]).toEqual([path, 200, true]);
    expect([path, [...Value.Errors(schema as never, body)]]).toEqual([path, []]);
  }
  const refused = await tcp('/resources/widgets', { headers: bearer('admin') });
  expect(Value.Check(errorShape, refused.body)).toBe(true);
});

test('a user who asks without end is told to wait; others are not', async () => {
  const { body } = await weftd.ask('/access/tokens', { body: { name: 'eager', role: 'viewer' } });
  const headers = { authorization: `Bearer ${body.token}` };
  let refused: Answer | undefined;
  for (let count = 0; count < 4000 && !refused; count += 50) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => tcp('/silences', { headers })));
    refused = answers.find(({ status }) => status === 429);
  }
  expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
  expect((await tcp('/silences', { headers: bearer('viewer') })).status).toBe(200);
});

test('logins that fail are refused after a while, and not those that are good', async () => {
  const login = (ticket: string): Promise<Answer> => tcp('/login', { body: { ticket } });
  const failed = await Promise.all(Array.from({ length: 15 }, () => login('guess')));
  const late = failed.filter(({ status }) => status === 429);
  expect([failed.length - late.length, late.length]).toEqual([10, 5]);
  expect(late[0]?.headers['retry-after']).toBe('6');
  const { body } = await weftd.ask('/login/links', { body: { role: 'viewer' } });
  expect((await login(new URL(body.url).hash.replace('#ticket=', ''))).status).toBe(200);
});

test('who may come in no more does not stay in', async () => {
  const { body } = await weftd.ask('/access/tokens', { body: { name: 'leaving', role: 'viewer' } });
  const ended = new Promise<number>((resolve, reject) => {
    const sent = get({ host: '127.0.0.1', port, path: '/api/v1/stream', headers: { host: host(), authorization: `Bearer ${body.token}` } });
    sent.on('error', reject);
    sent.on('response', (response) => {
      response.resume();
      response.on('close', () => resolve(response.statusCode ?? 0));
      response.on('error', () => {});
      void weftd.ask('/access/tokens/leaving', { method: 'DELETE' });
    });
  });
  expect(await ended).toBe(200);
});
