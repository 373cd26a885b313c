/** Many policies in one Envoy, each with listeners of its own, and requests to each of them: what Envoy does against what `explain` says. */
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as sendRequest } from 'node:http';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as secure } from 'node:tls';
import { emit, inbound, judgedAtServer, staticBootstrap, type TokenPowers, type View } from '@weft/compile';
import type { JsonObject, JsonValue } from '@weft/envoy';
import type { Passage } from '@weft/model';
import { tokenReader } from '@weft/model/node/tokens';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { spawnEnvoy } from '../envoy.ts';
import { freePort } from '../port.ts';
import { manifests } from '../security/scene.ts';
import { randomFrom } from '../simulation/random.ts';
import { type Leaf, makeRoot } from '../traffic/certificates.ts';
import { at, fromFiles, writeSecrets } from '../traffic/loopback.ts';
import { viewOf } from '../traffic/manifests.ts';
import { type Asked, askedOf, identities, policiesFor } from './chance.ts';

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the answer tells beside its status. */
const telling = { header: { key: 'x-details', value: '%RESPONSE_CODE_DETAILS%' } };
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
  const told = own.map((mapper) => ({ ...mapper, headers_to_add: [...(mapper.headers_to_add as JsonObject[]), telling] }));
  return { ...inner, local_reply_config: { mappers: [...told, { filter: everyAnswer, headers_to_add: [telling] }] } };
};

const listenerOf = (view: View, port: number): JsonObject => {
  const { listeners } = staticBootstrap(emit(view)).static_resources as { listeners: JsonObject[] };
  const own = listeners.find(({ name }) => name === 'virtualInbound');
  if (!own) throw new Error('no listener');
  const chains = (own.filter_chains as JsonObject[]).filter(({ name }) => String(name).startsWith(`${port}-`));
  const filters = (own.listener_filters as JsonObject[]).filter(({ name }) => name !== 'envoy.filters.listener.original_dst');
  return answering({
    ...own,
    name: `server-${port}`,
    listener_filters: filters,
    filter_chains: chains,
    address: at('127.0.0.2', port),
    additional_addresses: [{ address: at('::1', port) }],
  }) as JsonObject;
};

interface Answer {
  readonly status: number;
  readonly details: string;
  /** Absent: nobody was refused. */
  readonly denial?: string;
}

interface World {
  readonly leaves: readonly Leaf[];
  readonly agents: Map<string, Agent>;
  readonly sign: (claims: object, forged: boolean | undefined) => Promise<string>;
}

/** One connection for each caller of a listener, which stays open. */
const agentFor = ({ leaves, agents }: World, { identity, at: host, source, serverName, request: { port } }: Asked): Agent => {
  const key = JSON.stringify([identity, host, source, serverName, port]);
  const known = agents.get(key);
  if (known) return known;
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const leaf = identity === undefined ? undefined : leaves[identity];
  const place = { host, port, localAddress: source };
  const tls = { rejectUnauthorized: false, ALPNProtocols: ['istio-http/1.1'], ...(serverName !== '' && { servername: serverName }) };
  agent.createConnection = () => (leaf ? secure({ ...place, ...tls, cert: leaf.certificate, key: leaf.key }) : dial(place));
  agents.set(key, agent);
  return agent;
};

const send = (asked: Asked, world: World): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { path, method, headers, authority = '' } = asked.request;
    const options = { agent: agentFor(world, asked), path, method, headers: { ...headers, host: authority }, setHost: false };
    const sent = sendRequest(options, (response) => {
      response.resume();
      const { 'x-details': details = '', 'x-weft-denial-id': denial } = response.headers;
      const told = { details: String(details), ...(denial !== undefined && { denial: String(denial) }) };
      response.on('end', () => resolve({ status: response.statusCode ?? 0, ...told }));
    });
    sent.on('error', (error) => reject(new Error(JSON.stringify(asked), { cause: error })));
    sent.end();
  });

const expected = (view: View, { identity, at: address, source, serverName, request }: Asked, powers: TokenPowers): Passage => {
  const arrival = { port: request.port, request, mtls: identity !== undefined, content: 'http' as const };
  const sender = { ...(identity !== undefined && { identity: `spiffe://${identities[identity]}` }), address: source };
  return judgedAtServer(inbound(view, arrival), { view, arrival, address, serverName }, { sender, powers });
};

/** As Envoy names them [S112]; what it says of tokens is its own. */
const details = ({ verdict }: Passage): string => {
  if (!verdict || verdict.allowed || verdict.status === 401 || !verdict.why.includes('matches')) return '';
  const by = verdict.by && `ns[${verdict.by.namespace}]-policy[${verdict.by.policy}]-rule[${verdict.by.rule}]`;
  const unasked = verdict.why.includes('cannot be asked') ? '-deny-due-to-bad-CUSTOM-action' : '';
  return `rbac_access_denied_matched_policy[${by ?? 'none'}${unasked}]`;
};

const differenceOf = (passage: Passage, { status, details: said, denial }: Answer): string[] => {
  const wanted = passage.outcome.kind === 'forward' ? 200 : passage.outcome.status;
  if (wanted !== status) return [`explain says ${wanted} (${passage.outcome.why}), Envoy ${status} (${said})`];
  if ((status === 403) !== (denial !== undefined)) return [`status ${status} (${said}) with denial id ${denial}`];
  const rule = details(passage);
  return rule === '' || rule === said ? [] : [`explain says ${rule}, Envoy ${said}`];
};

interface Denial {
  readonly denial: string;
  readonly reason: string;
  readonly caller: string | null;
  readonly address: string;
}

/** The log's lines by their ids. */
const denialsIn = (text: string): ReadonlyMap<string, Denial> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line): Denial => JSON.parse(line))
      .map((one) => [one.denial, one]),
  );

interface Scene {
  readonly port: number;
  readonly objects: readonly object[];
  readonly view: View;
}

export interface Agreement {
  readonly asked: number;
  readonly allowed: number;
  /** Of those who were refused, ids under which the log has not the caller and the rule. */
  readonly untold: readonly string[];
  readonly differences: readonly string[];
}

export interface Size {
  readonly seed: number;
  readonly policies: number;
  /** To each set of policies. */
  readonly requests: number;
}

const service = (port: number) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port }] },
});

const authentication = (jwks: string) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'RequestAuthentication',
  metadata: { name: 'tokens', namespace: 'shop' },
  spec: {
    jwtRules: [
      { issuer: 'https://a.example', jwks },
      { issuer: 'https://b.example', jwks, audiences: ['x', 'write'], forwardOriginalToken: true },
    ],
  },
});

/** A request with its token, in bytes. */
const signed = async (asked: Asked, { sign }: World): Promise<Asked> => {
  if (!asked.token) return asked;
  const headers = { ...asked.request.headers, authorization: `Bearer ${await sign(asked.token, asked.forged)}` };
  return { ...asked, request: { ...asked.request, headers } };
};

const tokenOf = ({ request: { headers = {} } }: Asked): string[] =>
  headers.authorization ? [headers.authorization.slice('Bearer '.length)] : [];

interface Found {
  readonly asked: Asked;
  readonly answer: Answer;
  readonly allowed: boolean;
  readonly difference?: string;
}

/** So many requests are on their way at once. */
const lanes = 16;

const askScene = async ({ view, objects }: Scene, all: readonly Asked[], { world, powers }: { world: World; powers: TokenPowers }) => {
  const found: Found[] = [];
  const queue = all.values();
  const lane = async () => {
    for (const asked of queue) {
      const passage = expected(view, asked, powers);
      const answer = await send(asked, world);
      const [said] = differenceOf(passage, answer);
      found.push({
        ...{ asked, answer },
        allowed: passage.outcome.kind === 'forward',
        ...(said !== undefined && {
          difference: `${said}\n${JSON.stringify(asked)}\n${JSON.stringify(objects)}\n${JSON.stringify(passage.verdict)}`,
        }),
      });
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return found;
};

/** Whether somebody takes connections on the port at 127.0.0.2. */
export const listens = async (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = dial(port, '127.0.0.2', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });

/** A port that is free may be free again. */
const freePorts = async (count: number): Promise<ReadonlySet<number>> => {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return ports;
};

const isTold = ({ identity, source }: Asked, { details: reason }: Answer, line: Denial | undefined): boolean =>
  line?.reason === reason &&
  line.address === source &&
  (line.caller ?? '') === (identity === undefined ? '' : `spiffe://${identities[identity]}`);

export const agreement = async ({ seed, policies, requests }: Size): Promise<Agreement> => {
  const random = randomFrom(seed);
  const folder = await mkdtemp(join(tmpdir(), 'weft-verdicts-'));
  const root = await makeRoot('mesh');
  const [own, ...leaves] = await Promise.all(
    ['cluster.local/ns/shop/sa/web', ...identities].map((name) => root.issue('x', { uris: [`spiffe://${name}`] })),
  );
  if (!own) throw new Error('no certificate');
  await writeSecrets(folder, { root: root.certificate, leaf: own.certificate, key: own.key });
  const [{ publicKey, privateKey }, stranger] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] });
  const sign: World['sign'] = (claims, forged) =>
    new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256' }).sign(forged ? stranger.privateKey : privateKey);
  const world: World = { leaves, agents: new Map(), sign };
  const scenes: Scene[] = [];
  for (const port of await freePorts(policies)) {
    const objects = [...policiesFor(random, { port, content: 'http' }), ...(random.chance(0.7) ? [authentication(jwks)] : [])];
    scenes.push({ port, objects, view: viewOf(manifests([service(port), ...(objects as Record<string, unknown>[])])) });
  }
  const bootstrap = {
    node: { id: 'server', cluster: 'server' },
    admin: { address: { pipe: { path: join(folder, 'admin.sock') } } },
    static_resources: { listeners: scenes.map(({ view, port }) => listenerOf(view, port)) },
  };
  const envoy = await spawnEnvoy(folder, fromFiles(bootstrap, folder), { level: 'warn' });
  try {
    for (const { port } of scenes)
      for (let tries = 0; tries < 600 && !envoy.hasEnded() && !(await listens(port)); tries += 1) await sleep(50);
    if (envoy.hasEnded()) throw new Error(envoy.log());
    const found: Found[] = [];
    for (const scene of scenes) {
      const all = await Promise.all(Array.from({ length: requests }, () => askedOf(random, scene.port)).map((one) => signed(one, world)));
      const powers = {
        ...(await tokenReader(
          all.flatMap(tokenOf),
          (scene.view.inbound.tokens ?? []).map(({ keys }) => keys),
        )),
        now: Date.now,
      };
      found.push(...(await askScene(scene, all, { world, powers })));
    }
    const denied = found.filter(({ answer: { denial } }) => denial !== undefined);
    let untold = denied;
    for (let tries = 0; tries < 100 && untold.length > 0; tries += 1, await sleep(50)) {
      const lines = denialsIn(envoy.accessLog());
      untold = denied.filter(({ asked, answer }) => !isTold(asked, answer, lines.get(answer.denial ?? '')));
    }
    return {
      asked: found.length,
      allowed: found.filter(({ allowed }) => allowed).length,
      untold: untold.map((one) => JSON.stringify([one, denialsIn(envoy.accessLog()).get(one.answer.denial ?? '')])),
      differences: found.flatMap(({ difference }) => difference ?? []),
    };
  } finally {
    for (const agent of world.agents.values()) agent.destroy();
    await envoy.kill();
    await rm(folder, { recursive: true, force: true });
  }
};
