/** Whatever a View says, Envoy takes what is emitted for it: the real binary, `--mode validate`, over generated Views. */
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '@weft/envoy';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEnvoy } from '../../../agent/src/envoy-binary.ts';
import { complaint, together, type Validator } from '../../property/validate.ts';
import type {
  ConsistentHash,
  HashKey,
  InboundPort,
  LoadBalancer,
  MtlsMode,
  Protocol,
  RouteAction,
  StringMatch,
  TrafficPolicy,
  View,
} from '../mesh/index.ts';
import { emit, staticBootstrap } from './index.ts';
import { endpoint, gatewayOn, outbound, route, type Sample, sidecar, to } from './views.fixture.ts';

const inOneProcess = 20;

let validator: Validator;

beforeAll(async () => {
  const envoy = await findEnvoy({ env: process.env, userHome: homedir(), log: () => {} });
  validator = { envoy, folder: await mkdtemp(join(tmpdir(), 'weft-validate-')) };
}, 120_000);

afterAll(() => rm(validator.folder, { recursive: true, force: true }));

const bootstrapOf = (view: View): JsonObject => staticBootstrap(emit(view));

/** What it says of each of them alone, where it refuses something. */
const complaints = async (views: readonly View[]): Promise<readonly string[]> => {
  const said = await complaint(validator, together(views.map(bootstrapOf)));
  if (said === '') return [];
  const alone = await Promise.all(views.map((one) => complaint(validator, bootstrapOf(one))));
  const refused = views.flatMap((one, index) => (alone[index] ? [`${alone[index]}\n${JSON.stringify(one)}`] : []));
  return refused.length > 0 ? refused : [`only together are they refused: ${said}`];
};

const protocols: readonly Protocol[] = [
  'http',
  'http2',
  'grpc',
  'grpc-web',
  'tcp',
  'tls',
  'https',
  'mongo',
  'mysql',
  'redis',
  'udp',
  'auto',
];
const modes: readonly MtlsMode[] = ['PERMISSIVE', 'STRICT', 'DISABLE'];
const protocol = fc.constantFrom(...protocols);
const mode = fc.constantFrom(...modes);
const token = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const name = fc.constantFrom('web', 'cart', 'catalog', 'payments', 'db');

const match: fc.Arbitrary<StringMatch> = fc.oneof(
  token.map((value): StringMatch => ({ kind: 'exact', value: `/${value}` })),
  fc.constantFrom<StringMatch>({ kind: 'prefix', value: '/' }, { kind: 'prefix', value: '/a%20b' }),
  fc.constantFrom<StringMatch>({ kind: 'regex', value: '/v[0-9]+/.*' }, { kind: 'regex', value: '(a|b){1,400}' }),
);
const headerMatch = fc.oneof(match, fc.constantFrom<StringMatch>({ kind: 'present' }, { kind: 'prefix', value: '' }));

const action: fc.Arbitrary<RouteAction> = fc.oneof(
  fc
    .record({
      weights: fc.array(fc.nat(100), { minLength: 0, maxLength: 3 }),
      timeout: fc.nat(10_000),
      attempts: fc.nat(3),
      rewrite: fc.boolean(),
    })
    .map(
      ({ weights, timeout, attempts, rewrite }): RouteAction => ({
        kind: 'forward',
        destinations: to(
          ...weights.map((weight, index) => [`outbound|80|v${index}|web.shop.svc.cluster.local`, weight] as const),
        ).destinations.map((one) => ({ ...one, authority: 'other' })),
        timeout,
        retry: { attempts, retryOn: ['5xx', 'retriable-status-codes'], statusCodes: [503], perTryTimeout: 100, backoff: 25 },
        ...(rewrite && { rewrite: { uri: '/new', authority: 'other.example.com' } }),
      }),
    ),
  fc
    .record({ code: fc.constantFrom(301, 302, 303, 307, 308), port: fc.constantFrom(80, 443, 8080) })
    .map(({ code, port }): RouteAction => ({ kind: 'redirect', code, port, uri: '/there', authority: 'x.example.com', scheme: 'https' })),
  fc.constantFrom<RouteAction>({ kind: 'direct', status: 503, body: { text: 'closed' } }, { kind: 'direct', status: 200 }),
);

const routes = fc.array(
  fc.record({ action, uri: match, method: match, header: headerMatch, invert: fc.boolean(), ignoreUriCase: fc.boolean() }).map((made) => ({
    ...route(made.action, {
      uri: made.uri,
      method: made.method,
      ignoreUriCase: made.ignoreUriCase,
      headers: [{ name: 'x-user', match: made.header, invert: made.invert }],
      queryParams: [{ name: 'q', match: made.header }],
    }),
    request: { set: { 'x-a': '1' }, add: { 'x-b': '2' }, remove: ['x-c'] },
    response: { set: {}, add: { 'x-d': '3' }, remove: [] },
  })),
  { minLength: 1, maxLength: 3 },
);

const hashKey: fc.Arbitrary<HashKey> = fc.constantFrom<HashKey>(
  { kind: 'header', name: 'x-user' },
  { kind: 'cookie', name: 'user', attributes: [] },
  { kind: 'cookie', name: 'user', ttl: 0, path: '/', attributes: [{ name: 'SameSite', value: 'Strict' }] },
  { kind: 'source-address' },
  { kind: 'query-parameter', name: 'user' },
);

const hash: fc.Arbitrary<ConsistentHash> = fc.record(
  {
    key: hashKey,
    table: fc.constantFrom<ConsistentHash['table']>(
      { kind: 'ring' },
      { kind: 'ring', minimumSize: 1 },
      { kind: 'maglev' },
      { kind: 'maglev', size: 2 },
    ),
  },
  { requiredKeys: ['table'] },
);

const share = { from: '*', to: { eu: 99, us: 1 } };

const loadBalancer: fc.Arbitrary<LoadBalancer> = fc.record(
  {
    simple: fc.constantFrom('ROUND_ROBIN', 'LEAST_REQUEST', 'RANDOM', 'PASSTHROUGH'),
    hash,
    warmup: fc.constantFrom({ duration: 1 }, { duration: 60_000, minimumPercent: 0, aggression: 1 }, { duration: 1, minimumPercent: 100 }),
    locality: fc.record({
      enabled: fc.boolean(),
      distribute: fc.constantFrom([], [share]),
      failover: fc.constantFrom([], [{ from: 'eu', to: 'us' }]),
      failoverPriority: fc.constantFrom([], ['version', 'disk=ssd']),
    }),
  },
  { requiredKeys: [] },
);

const policy: fc.Arbitrary<TrafficPolicy> = fc.record(
  {
    loadBalancer,
    retryBudget: fc.constantFrom({ percent: 0, minConcurrency: 1 }, { percent: 100, minConcurrency: 2 ** 32 - 1, interval: 1 }),
    tunnel: fc.constantFrom({ method: 'CONNECT', target: 'a.example:443' }, { method: 'POST', target: '[::1]:1' }),
    proxyProtocol: fc.constantFrom('V1', 'V2'),
    connectionPool: fc.constant({
      tcp: {
        maxConnections: 1,
        connectTimeout: 500,
        idleTimeout: 0,
        maxConnectionDuration: 60_000,
        keepalive: { time: 7200, interval: 75, probes: 9 },
      },
      http: {
        maxPendingRequests: 1,
        maxRequests: 2,
        maxRequestsPerConnection: 3,
        maxRetries: 0,
        idleTimeout: 1000,
        maxConcurrentStreams: 7,
      },
    }),
    outlierDetection: fc.constantFrom(
      {},
      {
        consecutive5xx: 0,
        consecutiveGatewayErrors: 7,
        interval: 1000,
        baseEjectionTime: 30_000,
        maxEjectionPercent: 100,
        minHealthPercent: 40,
      },
      { splitExternalLocalOriginErrors: true, consecutiveLocalOriginFailures: 3 },
    ),
    tls: fc.constantFrom(
      { mode: 'DISABLE' as const },
      { mode: 'ISTIO_MUTUAL' as const, sni: 'mine', subjectAltNames: ['spiffe://cluster.local/ns/a/sa/b'] },
      { mode: 'SIMPLE' as const, insecureSkipVerify: true, sni: 'example.com' },
    ),
  },
  { requiredKeys: [] },
);

const shape: fc.Arbitrary<Partial<Sample>> = fc.constantFrom<Partial<Sample>>(
  {},
  { addresses: [] },
  { addresses: ['10.1.0.0/16', '10.2.0.1'] },
  { addresses: ['10.96.0.77', 'fd00::77'] },
  { headless: true, addresses: [], resolution: 'original-dst' },
  { hostname: '*.example.com', addresses: [], resolution: 'original-dst', meshExternal: true },
  {
    resolution: 'dns-strict',
    meshExternal: true,
    endpoints: [endpoint('example.com', { mtls: false }), endpoint('example.org', { mtls: false })],
  },
  { resolution: 'dns-logical', meshExternal: true, endpoints: [endpoint('example.com', { mtls: false })] },
  { resolution: 'dns-logical', endpoints: [] },
);

const service = fc
  .record({
    name,
    protocol,
    port: fc.constantFrom(80, 443, 8080, 15001),
    policy,
    shape,
    routes: fc.option(routes, { nil: undefined }),
    second: fc.boolean(),
  })
  .map(
    ({ shape: special, routes: rules, second, ...rest }): Sample => ({
      ...rest,
      subsets: ['v1', 'v2'],
      endpoints: [
        endpoint('10.244.0.5', { labels: { version: 'v1' } }),
        ...(second
          ? [endpoint('10.244.0.6', { mtls: false, identity: '', weight: 3, locality: { region: 'r', zone: 'z', subzone: '' } })]
          : []),
      ],
      ...(rules && { routes: rules }),
      ...special,
    }),
  );

const view: fc.Arbitrary<View> = fc
  .record({
    services: fc.uniqueArray(service, { selector: (made) => `${made.name}:${made.port}`, maxLength: 8 }),
    everywhere: fc.constantFrom('ALLOW_ANY' as const, 'REGISTRY_ONLY' as const),
    rules: fc.option(routes, { nil: undefined }),
    ports: fc.uniqueArray(
      fc.record({ port: fc.constantFrom(80, 8080, 9000, 9001, 15006), protocol, mode }).map((made): InboundPort => made),
      { selector: ({ port }) => port, maxLength: 5 },
    ),
    mode,
    gateway: fc.boolean(),
  })
  .map(({ services, everywhere, rules, ports, mode: rest, gateway }) =>
    sidecar({
      role: gateway ? 'gateway' : 'sidecar',
      outbound: outbound(services, {
        outboundTrafficPolicy: everywhere,
        virtualHosts: rules
          ? new Map(
              [80, 8080].map((port) => [
                port,
                [
                  { host: 'web', routes: rules },
                  { host: '*.test', routes: rules },
                  { host: '*', routes: rules },
                ],
              ]),
            )
          : new Map(),
      }),
      inbound: { ports, mode: rest },
      gateway: gatewayOn(8080, [
        ...(rules ? [{ hosts: ['*', 'Shop.test'], routes: rules, httpsRedirect: false }] : []),
        { hosts: ['shop.test', 'a.test'], routes: [], httpsRedirect: true },
      ]),
    }),
  );

describe('Envoy takes', () => {
  test('nothing but the fixed resources', async () => {
    expect(await complaints([sidecar()])).toEqual([]);
  });

  test('generated views', async () => {
    const isLong = process.env.WEFT_LONG === '1';
    const views = fc.sample(view, isLong ? 1000 : { numRuns: 40, seed: 7 });
    for (let first = 0; first < views.length; first += inOneProcess)
      expect(await complaints(views.slice(first, first + inOneProcess))).toEqual([]);
  }, 3_500_000);
});

describe('Envoy refuses, so this test can fail', () => {
  test('a regular expression that is none, and which of many it is', async () => {
    const broken = [route(to(['PassthroughCluster', 1]), { uri: { kind: 'regex', value: '(' } })];
    const views = [sidecar(), sidecar({ outbound: outbound([{ name: 'web', routes: broken }]) }), sidecar()];
    expect(await complaints(views)).toEqual([expect.stringContaining('missing ): (')]);
  });
});
