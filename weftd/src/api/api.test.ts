import { readFileSync, statSync } from 'node:fs';
import { createServer, get, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket, { WebSocketServer } from 'ws';
import { askAt, createHarness, type Harness } from '../app.fixture.ts';
import type { App } from '../app.ts';

let weftd: Harness;
let app: App;
let agent: Server;
let port: number;

const web = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, command: [node, server.mjs]}]}
`;
const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n';

/** As Envoy counts what its workload serves. */
const counted = `# TYPE envoy_istio_requests_total counter
envoy_istio_requests_total{mesh="m http 200 - - - cart-1.cart.v2.local.meta.mesh - -"} 7
# TYPE envoy_server_live gauge
envoy_server_live{} 1
`;

/** Stands in for the agent's own API: says what it was asked. */
const startAgent = (path: string): Promise<Server> =>
  new Promise((resolve) => {
    const server = createServer((request, response) => {
      const dump = {
        configs: [
          { '@type': 'type.googleapis.com/envoy.admin.v3.BootstrapConfigDump', bootstrap: { node: { id: 'x' } } },
          {
            '@type': 'type.googleapis.com/envoy.admin.v3.ClustersConfigDump',
            dynamic_active_clusters: [
              { cluster: { name: 'outbound|80||web', transport_socket: { private_key: { inline_bytes: 'c2VjcmV0' } } } },
            ],
          },
          {
            '@type': 'type.googleapis.com/envoy.admin.v3.SecretsConfigDump',
            dynamic_active_secrets: [{ name: 'default', secret: { tls_certificate: { private_key: { inline_bytes: 'c2VjcmV0' } } } }],
          },
        ],
      };
      if (request.url?.endsWith('/envoy/stats/prometheus')) return void response.end(counted);
      response.end(request.url?.includes('/envoy/') ? JSON.stringify(dump) : `asked ${request.url}`);
    });
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket, request) => {
      socket.send(`asked ${request.url} ${request.headers['sec-websocket-protocol']}`);
      socket.on('message', (data) => socket.send(data));
    });
    server.listen(path, () => resolve(server));
  });

beforeAll(async () => {
  weftd = createHarness();
  weftd.write('shop.yaml', `${namespace}---\n${web}`);
  app = await weftd.start();
  port = Number(new URL(app.addresses.api).port);
  agent = await startAgent(`${weftd.files.agentSocket}`);
  await weftd.ask('/node', { body: { boot: 'b1', socket: weftd.files.agentSocket } });
});

afterAll(async () => {
  agent.closeAllConnections();
  agent.close();
  await weftd.remove();
});

const bearer = (path: string): { authorization: string; host: string } => ({
  authorization: `Bearer ${readFileSync(path, 'utf8').trim()}`,
  host: `127.0.0.1:${port}`,
});
const overTcp = (path: string, headers: Record<string, string>, body?: unknown) =>
  askAt({ port }, path, { headers, ...(body !== undefined && { body }) });

test('the socket and the tokens are the owner’s alone', () => {
  for (const path of [
    weftd.files.apiSocket,
    weftd.files.xdsSocket,
    weftd.files.token,
    weftd.files.viewerToken,
    weftd.files.scrapeToken,
    weftd.files.store,
  ]) {
    expect(statSync(path).mode & 0o777).toBe(0o600);
  }
});

test('TCP is closed without a token, also for what does not exist', async () => {
  const host = `127.0.0.1:${port}`;
  for (const path of ['/status', '/nothing', '/apply']) expect((await overTcp(path, { host })).status).toBe(401);
  expect((await overTcp('/status', { host, authorization: 'Bearer wrong' })).status).toBe(401);
  expect((await overTcp('/status', { host, authorization: `Basic ${bearer(weftd.files.token).authorization.slice(7)}` })).status).toBe(401);
});

test('another host name or origin is refused even with the token', async () => {
  const token = bearer(weftd.files.token);
  expect((await overTcp('/status', token)).status).toBe(200);
  expect((await overTcp('/status', { ...token, host: `evil.example:${port}` })).status).toBe(421);
  expect((await overTcp('/status', { ...token, host: '127.0.0.1' })).status).toBe(421);
  expect((await overTcp('/status', { ...token, origin: 'http://evil.example' })).status).toBe(403);
  expect((await overTcp('/status', { ...token, origin: `http://localhost:${port}` })).status).toBe(200);
});

test('a viewer reads, and neither writes nor sees logs', async () => {
  const token = bearer(weftd.files.viewerToken);
  expect((await overTcp('/proxies', token)).status).toBe(200);
  expect((await overTcp('/delete', token, { objects: [] })).status).toBe(403);
  expect((await overTcp('/pods/shop/web/logs', token)).status).toBe(403);
  expect((await overTcp('/pods/shop/web/logs', bearer(weftd.files.token))).body).toBe('asked /pods/shop/web/logs');
});

test('who scrapes reads the metrics of all proxies, and nothing else', async () => {
  const token = bearer(weftd.files.scrapeToken);
  expect((await overTcp('/metrics', token)).status).toBe(200);
  for (const path of ['/status', '/proxies', '/proxies/shop/web/metrics', '/resources/service', '/traces', '/pods/shop/web/logs'])
    expect((await overTcp(path, token)).status, path).toBe(403);
  expect((await overTcp('/delete', token, { objects: [] })).status).toBe(403);
});

test('metrics of all proxies are one scrape, for whoever may read; those of one have all of it', async () => {
  const [pod] = (await weftd.view()).pods;
  const token = bearer(weftd.files.viewerToken);
  expect((await overTcp('/metrics', { host: `127.0.0.1:${port}` })).status).toBe(401);
  const all = await overTcp('/metrics', token);
  expect(all.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(all.body).toMatch(
    new RegExp(
      `^istio_requests_total{.*source_workload="cart-1".*destination_workload="web".*namespace="shop",pod="${pod?.name}"} 7$`,
      'm',
    ),
  );
  expect(all.body).toContain(`weft_proxy_answered{namespace="shop",pod="${pod?.name}"} 1`);
  expect(all.body).not.toContain('envoy_server_live');
  const one = await overTcp(`/proxies/shop/${pod?.name}/metrics`, { ...token, accept: 'application/openmetrics-text;version=1.0.0' });
  expect(one.body).toMatch(/^istio_requests_total{.*} 7$/m);
  expect(one.body).toContain('\nenvoy_server_live 1\n');
  expect(one.body).toMatch(/\n# EOF\n$/);
  expect((await overTcp('/proxies/shop/nobody/metrics', token)).status).toBe(404);
});

test('another spelling of a path opens nothing', async () => {
  const token = bearer(weftd.files.viewerToken);
  const spellings = ['/api/v1/pods/shop/web/%6cogs', '/%61pi/v1/pods/shop/web/logs', `http://127.0.0.1:${port}/api/v1/pods/shop/web/logs`];
  for (const path of spellings) {
    const status = await new Promise((resolve, reject) => {
      get({ host: '127.0.0.1', port, path, headers: token }, (response) => resolve(response.resume().statusCode)).on('error', reject);
    });
    expect([path, status]).toEqual([path, 403]);
  }
});

test('tokens for workloads and the node’s view are not served over TCP', async () => {
  const token = bearer(weftd.files.token);
  for (const path of ['/tokens', '/node', '/node/pods']) expect((await overTcp(path, token, {})).status).toBe(404);
  for (const path of ['/node/watch', '/trust-bundle']) expect((await overTcp(path, token)).status).toBe(404);
});

test('objects are listed by any spelling of their kind', async () => {
  for (const kind of ['deploy', 'Deployment', 'deployments.apps']) {
    expect((await weftd.ask(`/resources/${kind}`)).body.items).toHaveLength(1);
  }
  expect((await weftd.ask('/resources/deploy?namespace=other')).body.items).toEqual([]);
  expect((await weftd.ask('/resources/ns/-/shop')).body.resource.metadata.labels).toEqual({ 'istio-injection': 'enabled' });
  expect(await weftd.ask('/resources/deploy/shop/none')).toMatchObject({
    status: 404,
    body: { error: 'there is no Deployment none in namespace shop' },
  });
  expect(await weftd.ask('/resources/widgets')).toMatchObject({ status: 404, body: { error: 'there is no kind "widgets"' } });
});

test('apply says what it did and what it refused', async () => {
  const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\nspec: {ports: [{port: 80}]}\n';
  expect(await weftd.apply(service)).toMatchObject({ status: 200, body: { items: [{ action: 'created' }] } });
  const owned = await weftd.apply(web);
  expect(owned).toMatchObject({ status: 409, body: { items: [{ action: 'refused' }], findings: [{ line: 5 }] } });
  expect(owned.body.error).toContain(`${weftd.folder}/shop.yaml:5`);
  const policy =
    'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: deny, namespace: shop}\nspec: {action: DENY}\n';
  expect(await weftd.apply(policy)).toMatchObject({ status: 422, body: { findings: [{ refused: true }] } });
  const objects = [{ kind: 'Service', namespace: 'shop', name: 'cart' }];
  expect(await weftd.ask('/delete', { body: { objects } })).toMatchObject({ status: 200, body: { items: [{ action: 'deleted' }] } });
});

test('a malformed request is told what is wrong with it', async () => {
  const { status, body } = await weftd.ask('/apply', { body: { text: 1 } });
  expect(status).toBe(400);
  expect(body.error).toMatch(/body/);
  expect((await weftd.ask('/apply', { body: { text: 'x'.repeat(17 * 1024 * 1024), file: '', directory: '' } })).status).toBe(413);
  expect((await weftd.ask('/wait?timeoutMs=-1')).status).toBe(400);
});

test.each([
  ['/edges?at=1', 'at cannot be asked for here'],
  ['/edges?node=shop/nobody', 'nobody called shop/nobody in this time'],
  ['/signals?of=service&service=web', 'service cannot be asked for here'],
  ['/traces?limit=1e9', 'limit must be 1 to 1000'],
  ['/traces?status=error', 'status cannot be asked for here'],
  ['/slos?nmae=payments', 'nmae cannot be asked for here'],
  ['/mtls?since=1', 'since cannot be asked for here'],
  ['/mtls/strict/nowhere', 'there is no workload in nowhere'],
])('what cannot be asked of observations is told: %s', async (path, error) => {
  const { status, body } = await weftd.ask(path);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(body.error).toContain(error);
});

test('a file written before `wait` is compiled when it returns', async () => {
  for (let round = 1; round <= 5; round += 1) {
    weftd.write('late.yaml', `apiVersion: v1\nkind: Service\nmetadata: {name: late, namespace: shop}\nspec: {ports: [{port: ${round}}]}\n`);
    expect((await weftd.ask('/wait?timeoutMs=5000')).body).toMatchObject({ applied: true });
    expect((await weftd.ask('/resources/svc/shop/late')).body.resource.spec).toMatchObject({
      ports: [{ port: round }],
      clusterIP: expect.stringMatching(/^10\.(9[6-9]|1\d\d)\.\d+\.\d+$/),
    });
    expect(Object.keys((await weftd.view()).names)).toContain('late.shop.svc.cluster.local');
  }
});

test('a request is explained from a pod, or from outside', async () => {
  const [pod] = (await weftd.view()).pods;
  const request = encodeURIComponent(JSON.stringify({ host: 'nowhere.example', port: 81 }));
  const { status, body } = await weftd.ask(`/explain?request=${request}&from=shop/${pod?.name}`);
  expect(status).toBe(200);
  expect(body).toMatchObject({ from: `shop/${pod?.name}`, hops: [{ listener: 'virtualOutbound' }], outcome: { kind: 'passthrough' } });
  expect((await weftd.ask(`/explain?request=${request}`)).body).toMatchObject({ from: 'outside', hops: [], outcome: { kind: 'refused' } });
  expect((await weftd.ask(`/explain?request=${request}&from=shop/gone`)).status).toBe(404);
  for (const wrong of [
    '',
    'x',
    '{}',
    '{"host":"a","port":"80"}',
    '{"host":"a","port":80,"protocol":"ftp"}',
    '{"host":"a","port":80,"headers":{"a":1}}',
  ])
    expect((await weftd.ask(`/explain?request=${encodeURIComponent(wrong)}`)).status).toBe(400);
});

test('the agent is told the pods, and its report comes back as workloads', async () => {
  const [pod] = (await weftd.view()).pods;
  expect(pod).toMatchObject({
    namespace: 'shop',
    proxy: 'sidecar',
    containers: [{ command: ['node', 'server.mjs'], workingDir: weftd.folder }],
  });
  const { name, namespace, uid, proxy } = pod ?? {};
  const report = {
    name,
    namespace,
    uid,
    proxy,
    address: '10.244.0.7',
    phase: 'Running',
    ready: true,
    message: '',
    restarts: 0,
    startedAt: 1,
  };
  expect((await weftd.ask('/node/pods', { body: { boot: 'other', pods: [report] } })).status).toBe(409);
  expect((await weftd.ask('/node/pods', { body: { boot: 'b1', pods: [report] } })).status).toBe(200);
  expect((await weftd.ask('/wait?timeoutMs=0')).body).toMatchObject({ applied: false, pending: [`shop/${name}`] });
  expect((await weftd.ask('/workloads')).body.items).toMatchObject([{ kind: 'Deployment', name: 'web', desired: 1, ready: 1 }]);
  expect((await weftd.ask('/proxies')).body.items).toMatchObject([{ name, connected: false, inStep: false }]);
  const { body: token } = await weftd.ask('/tokens', { body: { namespace, serviceAccount: 'default', pod: { name, uid } } });
  expect(token.token).toMatch(/^ey/);
  const wrong = await weftd.ask('/tokens', { body: { namespace, serviceAccount: 'admin', pod: { name, uid } } });
  expect(wrong).toMatchObject({ status: 422, body: { error: expect.stringContaining('runs as default') } });
  await weftd.ask('/node/pods', { body: { boot: 'b1', pods: [] } });
});

test('a restart replaces pods one by one', async () => {
  const [before] = (await weftd.view()).pods;
  expect((await weftd.ask('/workloads/shop/web/restart', { method: 'POST', body: {} })).status).toBe(200);
  const after = (await weftd.view()).pods.map(({ name }) => name);
  expect(after).toHaveLength(2);
  expect(after).toContain(before?.name);
  expect((await weftd.ask('/workloads/shop/none/restart', { method: 'POST', body: {} })).status).toBe(404);
});

test('exec is handed to the agent as it comes', async () => {
  const socket = new WebSocket(`ws+unix://${weftd.files.apiSocket}:/api/v1/pods/shop/web/exec?command=ls`, ['v5.channel.k8s.io']);
  const said: string[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data) => {
      said.push(String(data));
      if (said.length === 1) socket.send('ping');
      else resolve();
    });
  });
  socket.close();
  expect(said).toEqual(['asked /pods/shop/web/exec?command=ls v5.channel.k8s.io', 'ping']);
});

test('exec needs the administrator', async () => {
  const outcome = (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/pods/shop/web/exec?command=ls`, { headers });
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('error', () => {});
      socket.on('open', () => {
        socket.close();
        resolve(101);
      });
    });
  expect(await outcome({})).toBe(401);
  expect(await outcome(bearer(weftd.files.viewerToken))).toBe(403);
  expect(await outcome({ ...bearer(weftd.files.token), origin: 'http://evil.example' })).toBe(403);
  expect(await outcome(bearer(weftd.files.token))).toBe(101);
});

test('what an Envoy has is shown without keys', async () => {
  const { status, body } = await weftd.ask('/proxies/shop/web/config?live=true');
  expect(status).toBe(200);
  expect(body.bootstrap).toEqual({ node: { id: 'x' } });
  expect(body.clusters['outbound|80||web'].transport_socket.private_key).toBe('[redacted]');
  expect(JSON.stringify(body)).not.toContain('c2VjcmV0');
  expect((await weftd.ask('/proxies/shop/web/config')).status).toBe(404);
});
