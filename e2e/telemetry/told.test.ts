/** What a whole mesh tells of its traffic: spans by way of the agent, an application's own metrics beside the proxy's, and only what it is told to. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Status, Trace, TraceSummary } from '@weft/model';
import { parseExposition } from '@weft/signals';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Mesh, root, startMesh, until } from '../mesh.ts';

let mesh: Mesh;

beforeAll(async () => {
  mesh = await startMesh({ folder: join(root, 'e2e/telemetry/told') });
}, 120_000);

afterAll(() => mesh?.stop(), 60_000);

const trace = '0af7651916cd43dd8448eb211c80319c';
const parent = 'b7ad6b7169203331';

test('spans of one request are one trace: of the client’s, by W3C context, with who was asked and tags [S127]', {
  timeout: 60_000,
}, async () => {
  expect((await mesh.get<Status>('/status')).addresses.gateway).toBe(mesh.gateway);
  const headers = { traceparent: `00-${trace}-${parent}-01`, 'x-tenant': 'acme' };
  const seen = (await (await fetch(`${mesh.gateway}/`, { headers })).json()) as Record<string, string>;
  expect(seen['traceparent']).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
  const { spans } = await until('all spans came', async () => {
    const { stdout, code } = await mesh.weft('trace', trace, '-o', 'json');
    const found = code === 0 ? (JSON.parse(stdout) as Trace) : undefined;
    return found && found.spans.length === 3 ? found : undefined;
  });
  const [gateway, call, server] = spans;
  expect(spans.map(({ service, kind }) => [service, kind])).toEqual([
    ['istio-ingressgateway', 'server'],
    ['istio-ingressgateway', 'client'],
    ['web', 'server'],
  ]);
  expect([gateway?.parent, call?.parent, server?.parent]).toEqual([parent, gateway?.id, call?.id]);
  expect(server).toMatchObject({ namespace: 'shop', workload: 'web', attributes: { tenant: 'acme', 'http.status_code': '200' } });
  expect(server?.attributes['source_principal']).toBe('spiffe://cluster.local/ns/istio-ingress/sa/default');
});

test('an application’s own metrics stand beside its proxy’s, which alone says what is the mesh’s', async () => {
  const { stdout } = await mesh.weft('metrics', 'deploy/web', '-n', 'shop');
  const { families, faults } = parseExposition(stdout, 'text');
  expect(faults).toEqual([]);
  const valuesOf = (metric: string): readonly number[] =>
    families.flatMap(({ samples }) => samples.flatMap(({ name, value }) => (name === metric ? [value] : [])));
  expect([valuesOf('shop_orders_total'), valuesOf('weft_application_answered')]).toEqual([[7], [1]]);
  expect(valuesOf('istio_requests_total')).toEqual([1]);
});

test.each([
  ['nothing', 0],
  ['endless', 0],
  ['nonsense', 0],
  ['garbage', 1],
])('an application that says %s takes nothing from its proxy', { timeout: 30_000 }, async (what, answered) => {
  await fetch(`${mesh.gateway}/say?${what}`);
  const { stdout } = await mesh.weft('metrics', 'deploy/web', '-n', 'shop');
  const { families, faults } = parseExposition(stdout, 'text');
  expect(faults).toEqual([]);
  const valuesOf = (start: string) =>
    families.flatMap(({ samples }) => samples.flatMap(({ name, value }) => (name.startsWith(start) ? [value] : [])));
  expect(valuesOf('weft_application_answered')).toEqual([answered]);
  expect(valuesOf('istio_requests_total').length).toBeGreaterThan(0);
  expect(valuesOf('envoy_server_live')).toEqual([1]);
  // Of garbage what can be read: one line, and the first of two that say the same.
  expect(valuesOf('shop_')).toEqual(answered === 1 ? [1, 3] : []);
});

/** Of an object that stands for the whole mesh. */
const tell = (spec: string): void => {
  const head = 'apiVersion: telemetry.istio.io/v1\nkind: Telemetry\nmetadata: {name: default, namespace: istio-system}\n';
  writeFileSync(join(mesh.folder, 'telemetry.yaml'), `${head}spec: {${spec}}\n`);
};

test('of every second request all parts are kept or none, and none of what its beginner does not keep [S127]', {
  timeout: 60_000,
}, async () => {
  tell('tracing: [{randomSamplingPercentage: 50}]');
  await mesh.applied();
  const id = (index: number): string => `${index}`.padStart(32, 'c');
  const ask = async (index: number, flag: '00' | '01'): Promise<void> => {
    expect((await fetch(`${mesh.gateway}/`, { headers: { traceparent: `00-${id(index)}-${parent}-${flag}` } })).status).toBe(200);
  };
  for (let index = 0; index < 60; index += 1) await ask(index, index < 20 ? '00' : '01');
  // What was asked last is told last.
  const kept = async () =>
    (await mesh.get<{ items: readonly TraceSummary[] }>('/traces?limit=1000')).items.filter((one) => one.id.startsWith('cccc'));
  const traces = await until('what is kept is whole', async () => {
    await fetch(`${mesh.gateway}/`);
    const found = await kept();
    return found.length >= 5 && found.every(({ spans }) => spans === 3) ? found : undefined;
  });
  const indexes = traces.map((one) => Number(one.id.replace(/^c+/, '')));
  expect(indexes.filter((index) => index < 20)).toEqual([]);
  expect(indexes.length).toBeLessThan(40);
});

test('what a Telemetry turns off is told no more, and the rest is', { timeout: 60_000 }, async () => {
  const quiet = [
    'tracing: [{disableSpanReporting: true}]',
    'accessLogging: [{providers: [{name: weft}], filter: {expression: response.code >= 400}}]',
    `metrics: [{overrides: [{tagOverrides: {tenant: {value: "request.headers['x-tenant']"}, source_app: {operation: REMOVE}}}]}]`,
  ].join(', ');
  tell(quiet);
  await until('nobody traces', async () => {
    const seen = (await (await fetch(`${mesh.gateway}/`)).json()) as Record<string, string>;
    return seen['traceparent'] === undefined ? true : undefined;
  });
  expect((await fetch(`${mesh.gateway}/fine?secret`)).status).toBe(200);
  expect((await fetch(`${mesh.gateway}/missing`, { headers: { 'x-tenant': 'acme' } })).status).toBe(404);
  const paths = await until('the record of what failed is there', async () => {
    const { items } = await mesh.json<{ items: readonly { request?: { path: string } }[] }>('access', '--to', 'web');
    const found = items.map(({ request }) => request?.path);
    return found.includes('/missing') ? found : undefined;
  });
  expect(paths).not.toContain('/fine');
  const { stdout } = await mesh.weft('metrics', 'deploy/web', '-n', 'shop');
  const missing = stdout.split('\n').filter((line) => line.startsWith('istio_requests_total{') && line.includes('response_code="404"'));
  expect(missing).toHaveLength(1);
  expect(missing[0]).toContain('tenant="acme"');
  expect(missing[0]).not.toContain('source_app');
});
