/** Small meshes with random policies: a workload's own proxy or a gateway, each with a port of its own in one Envoy. */
import { emit, enteredGateway, enteredServer, staticBootstrap, type TokenPowers, type View } from '@weft/compile';
import type { JsonObject, JsonValue } from '@weft/envoy';
import type { Passage, Request } from '@weft/model';
import { manifests } from '../security/scene.ts';
import type { Random } from '../simulation/random.ts';
import { compiled } from '../traffic/gateway.ts';
import { at } from '../traffic/loopback.ts';
import { viewOf } from '../traffic/manifests.ts';
import type { Asked, Door } from './asked.ts';
import type { Authorizers } from './authorizers.ts';
import { identities, policiesFor } from './chance.ts';

export interface World {
  readonly objects: readonly object[];
  readonly door: Door;
  readonly view: View;
  readonly listener: JsonObject;
  readonly expected: (asked: Asked, powers: TokenPowers) => Passage;
}

export interface Plan {
  readonly port: number;
  readonly jwks: string;
  readonly authorizers: Authorizers['ports'];
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const left = (key: string): string => `%DYNAMIC_METADATA(envoy.filters.http.rbac:istio_${key}_shadow_effective_policy_id)%`;

/** What the answer tells beside its status. */
const telling = {
  'x-details': '%RESPONSE_CODE_DETAILS%',
  'x-audit': left('audit'),
  'x-dry-deny': left('dry_run_deny'),
  'x-dry-allow': left('dry_run_allow'),
};
const tellingHeaders = Object.entries(telling).map(([key, value]) => ({ header: { key, value } }));
const everyAnswer = { status_code_filter: { comparison: { op: 'GE', value: { default_value: 0, runtime_key: 'none' } } } };

/** There is no application: whatever comes so far is answered 200. */
const answering = (value: JsonValue): JsonValue => {
  if (Array.isArray(value)) return value.map(answering);
  if (!isObject(value)) return value;
  const { route, retry_policy: _retry, ...rest } = value;
  const inner = Object.fromEntries(Object.entries(rest).map(([key, child]): [string, JsonValue] => [key, answering(child)]));
  if (isObject(route) && 'match' in value) return { ...inner, direct_response: { status: 200 } };
  if (!('http_filters' in value)) return { ...inner, ...(route !== undefined && { route }) };
  const own = isObject(inner.local_reply_config) ? (inner.local_reply_config.mappers as JsonObject[]) : [];
  const told = own.map((mapper) => ({ ...mapper, headers_to_add: [...(mapper.headers_to_add as JsonObject[]), ...tellingHeaders] }));
  return { ...inner, local_reply_config: { mappers: [...told, { filter: everyAnswer, headers_to_add: tellingHeaders }] } };
};

/** As clients find it: at two addresses. */
const bound = (listener: JsonObject, port: number): JsonObject =>
  answering({
    ...listener,
    name: `listener-${port}`,
    listener_filters: ((listener.listener_filters ?? []) as JsonObject[]).filter(
      ({ name }) => name !== 'envoy.filters.listener.original_dst',
    ),
    address: at('127.0.0.2', port),
    additional_addresses: [{ address: at('::1', port) }],
  }) as JsonObject;

const listenersOf = (view: View): readonly JsonObject[] =>
  (staticBootstrap(emit(view)).static_resources as { readonly listeners: JsonObject[] }).listeners;

const authorizerEntry = (name: string, number: number, protocol: string) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'ServiceEntry',
  metadata: { name, namespace: 'judges' },
  spec: {
    hosts: [`${name}.example`],
    location: 'MESH_EXTERNAL',
    resolution: 'STATIC',
    ports: [{ number, name: protocol, protocol: protocol.toUpperCase() }],
    endpoints: [{ address: '127.0.0.1' }],
  },
});

/** What all worlds have: authorizers that can be asked. */
export const authorizersFor = ({ words, web }: Authorizers['ports']): readonly object[] => [
  authorizerEntry('words', words, 'grpc'),
  authorizerEntry('web', web, 'http'),
];

const normalizations = ['NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'] as const;

/** Who the mesh asks, in one order or the other, and how it reads requests. */
const settings = (random: Random, { words, web }: Authorizers['ports'], proxyConfig: object = {}) => {
  const timeout = '20s';
  const providers = [
    { name: 'words', envoyExtAuthzGrpc: { service: 'words.example', port: words, timeout } },
    {
      name: 'web',
      envoyExtAuthzHttp: { service: 'web.example', port: web, timeout, includeRequestHeadersInCheck: ['x-web', 'x-number'] },
    },
  ];
  return {
    apiVersion: 'mesh.weft.dev/v1alpha1',
    kind: 'MeshConfig',
    metadata: { name: 'mesh', ...(random.chance(0.3) && { annotations: { 'mesh.weft.dev/compatibility': 'istio' } }) },
    spec: {
      extensionProviders: random.chance(0.5) ? providers : [...providers].reverse(),
      ...(random.chance(0.3) && { pathNormalization: { normalization: random.pick(normalizations) } }),
      defaultConfig: proxyConfig,
    },
  };
};

const jwtRule = (random: Random, jwks: string, own: object) => ({
  jwks,
  ...own,
  ...(random.chance(0.3) && { forwardOriginalToken: true }),
  ...(random.chance(0.3) && { outputPayloadToHeader: 'x-payload' }),
  ...(random.chance(0.3) && { outputClaimToHeaders: [{ header: 'x-user', claim: random.pick(['sub', 'groups', 'realm.roles']) }] }),
  ...(random.chance(0.3) && { fromHeaders: [{ name: 'x-token', prefix: 'Token ' }] }),
  ...(random.chance(0.15) && { fromCookies: ['session'] }),
  ...(random.chance(0.15) && { fromParams: ['access_token'] }),
});

const authentication = (random: Random, namespace: string, jwks: string) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'RequestAuthentication',
  metadata: { name: 'tokens', namespace: random.chance(0.7) ? namespace : 'istio-system' },
  spec: {
    jwtRules: [
      jwtRule(random, jwks, { issuer: 'https://a.example' }),
      jwtRule(random, jwks, { issuer: 'https://b.example', audiences: ['x', 'write'] }),
    ].slice(0, random.chance(0.7) ? 2 : 1),
  },
});

const rulesFor = (random: Random, { port, jwks }: Plan, namespace: string): readonly object[] => [
  ...policiesFor(random, { namespace, port, content: 'http' }),
  ...(random.chance(0.7) ? [authentication(random, namespace, jwks)] : []),
];

const written = (objects: readonly object[]): string => manifests(objects as Record<string, unknown>[]);

const identityOf = ({ identity }: Asked) => (identity === undefined ? {} : { identity: `spiffe://${identities[identity]}` });

const serverWorld = (random: Random, plan: Plan): World => {
  const { port, authorizers } = plan;
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port }] },
  };
  const objects = [settings(random, authorizers), ...rulesFor(random, plan, 'shop')];
  const view = viewOf(written([service, ...authorizersFor(authorizers), ...objects]));
  const own = listenersOf(view).find(({ name }) => name === 'virtualInbound');
  if (!own) throw new Error('no listener');
  const chains = (own.filter_chains as JsonObject[]).filter(({ name }) => String(name).startsWith(`${port}-`));
  const expected = (asked: Asked, powers: TokenPowers): Passage => {
    const { request, at: address, source, serverName } = asked;
    const arrival = { port, request, mtls: asked.identity !== undefined, content: 'http' as const };
    const sender = { ...identityOf(asked), address: source };
    return enteredServer({ view, arrival, address, serverName }, { sender, powers });
  };
  return { objects, view, listener: bound({ ...own, filter_chains: chains }, port), expected, door: { port, proxied: false } };
};

/** Answers that tell which route was taken. */
const claimRoutes = (random: Random): readonly object[] =>
  Object.entries({ groups: 'admin', 'realm.roles': 'admin', scope: 'write', sub: 'a' })
    .filter(() => random.chance(0.3))
    .map(([claim, value], index) => {
      const headers = { [`@request.auth.claims.${claim}`]: { [random.chance(0.7) ? 'exact' : 'prefix']: value } };
      const match = random.chance(0.8) ? { headers } : { withoutHeaders: headers };
      return { match: [match], directResponse: { status: 210 + index } };
    });

const byHeader = { match: [{ headers: { 'x-user': { prefix: 'a' } } }], directResponse: { status: 220 } };

/** Plain HTTP, or TLS by which callers of the mesh have names. */
const gatewayObjects = (random: Random, port: number, tls: boolean): readonly object[] => {
  const http = [...claimRoutes(random), ...(random.chance(0.3) ? [byHeader] : []), { directResponse: { status: 200 } }];
  const place = { port: { number: port, name: 'web', protocol: tls ? 'HTTPS' : 'HTTP' }, hosts: ['*'] };
  const metadata = { name: 'edge', namespace: 'edge' };
  const common = { apiVersion: 'networking.istio.io/v1', metadata };
  const servers = [{ ...place, ...(tls && { tls: { mode: 'ISTIO_MUTUAL' } }) }];
  return [
    { ...common, kind: 'Gateway', spec: { selector: { istio: 'gw' }, servers } },
    { ...common, kind: 'VirtualService', spec: { hosts: ['*'], gateways: ['edge'], http } },
  ];
};

const gatewayWorld = (random: Random, plan: Plan): World => {
  const { port, authorizers } = plan;
  const [identified, proxied, hops] = [random.chance(0.5), random.chance(0.3), random.below(3)];
  const gatewayTopology = { ...(hops > 0 && { numTrustedProxies: hops }), ...(proxied && { proxyProtocol: {} }) };
  const objects = [
    settings(random, authorizers, { gatewayTopology }),
    ...gatewayObjects(random, port, identified),
    ...rulesFor(random, plan, 'edge'),
  ];
  const { view } = compiled(written([...authorizersFor(authorizers), ...objects]));
  const own = listenersOf(view).find(({ name }) => name === `0.0.0.0_${port}`);
  if (!own) throw new Error('no listener');
  const expected = (asked: Asked, powers: TokenPowers): Passage => {
    const { at: address, source, client, serverName } = asked;
    const encrypted = { host: serverName || address, scheme: 'https', certificate: 'mesh' } as const;
    const request: Request = { ...asked.request, address, ...(identified && encrypted) };
    const sender = { ...identityOf(asked), ...(client === undefined ? { address: source } : { address: client, relay: source }) };
    return enteredGateway({ view, request }, { sender, powers }).passage;
  };
  return { objects, view, listener: bound(own, port), expected, door: { port, proxied, identified } };
};

export const worldOf = (random: Random, plan: Plan): World => (random.chance(0.6) ? serverWorld(random, plan) : gatewayWorld(random, plan));
