/** Many small meshes in one Envoy, and requests to each of them: what Envoy does against what `explain` says. */
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as dial } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { emit, staticBootstrap, type TokenPowers } from '@weft/compile';
import type { JsonObject } from '@weft/envoy';
import type { DecidingRule, Passage } from '@weft/model';
import { tokenReader } from '@weft/model/node/tokens';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type EnvoyProcess, spawnEnvoy } from '../envoy.ts';
import { freePort } from '../port.ts';
import { randomFrom } from '../simulation/random.ts';
import { makeRoot } from '../traffic/certificates.ts';
import { fromFiles, writeSecrets } from '../traffic/loopback.ts';
import { type Asked, askedOf, type Sign, signed } from './asked.ts';
import { type Authorizers, numberHeader, refusals, startAuthorizers } from './authorizers.ts';
import { identities } from './chance.ts';
import { type Answer, type Client, clientOf } from './exchange.ts';
import { type World, worldOf } from './worlds.ts';

const nameOf = ({ namespace, policy, rule }: DecidingRule): string => `ns[${namespace}]-policy[${policy}]-rule[${rule}]`;

/** As Envoy names them [S112]; what it says of tokens is its own. */
const reasonOf = ({ verdict }: Passage): string => {
  if (!verdict || verdict.allowed || verdict.status === 401 || !verdict.why.includes('matches')) return '';
  const unasked = verdict.why.includes('cannot be asked') ? '-deny-due-to-bad-CUSTOM-action' : '';
  return `rbac_access_denied_matched_policy[${verdict.by ? nameOf(verdict.by) : 'none'}${unasked}]`;
};

/** Whom Envoy asks: all who are to be asked, until one refuses. */
const askedBy = ({ verdict }: Passage, { request: { headers = {} } }: Asked) => {
  const providers = (verdict?.asks ?? []).map(({ provider }) => provider);
  const refusing = providers.findIndex((provider) => headers[`x-${provider}`] === 'no');
  return refusing < 0 ? { asked: providers } : { asked: providers.slice(0, refusing + 1), refusing: providers[refusing] ?? '' };
};

const differs = (what: string, expected: unknown, found: unknown): string[] =>
  expected === found ? [] : [`${what}: explain says ${expected}, Envoy ${found}`];

/** What is only tried or told: of several rules that match Envoy tells of the first, and whom a filter refuses, nothing of what it tries. */
const asidesDiffer = ({ verdict, outcome }: Passage, headers: Answer['headers']): string[] => {
  const first = (kind: string): string => {
    const found = verdict?.asides?.find((aside) => aside.kind === kind);
    return found ? nameOf(found) : '-';
  };
  const isAllowed = outcome.kind !== 'refused';
  const isDenied = !isAllowed && verdict?.by !== undefined;
  return [
    ...differs('audit', first('audit'), headers['x-audit'] ?? '-'),
    ...(isDenied ? [] : differs('dry run of DENY', first('dry run of DENY'), headers['x-dry-deny'] ?? '-')),
    ...(isAllowed ? differs('dry run of ALLOW', first('dry run of ALLOW'), headers['x-dry-allow'] ?? '-') : []),
  ];
};

const differencesOf = (passage: Passage, asked: Asked, answer: Answer): string[] => {
  const { status, headers } = answer;
  const { outcome } = passage;
  const { 'x-details': details = '', 'x-weft-denial-id': denial } = headers;
  const { refusing } = askedBy(passage, asked);
  const wanted = refusing === undefined ? (outcome.kind === 'forward' ? 200 : outcome.status) : refusals[refusing];
  if (wanted !== status) return [`explain says ${wanted} (${outcome.why}), Envoy ${status} (${details})`];
  if ((status === 403) !== (denial !== undefined)) return [`status ${status} (${details}) with denial id ${denial}`];
  if (refusing !== undefined) return differs('reason', 'ext_authz_denied', details);
  const reason = reasonOf(passage);
  return [
    ...(reason === '' ? [] : differs('reason', reason, details)),
    ...(passage.verdict && (reason !== '' || outcome.kind !== 'refused') ? asidesDiffer(passage, headers) : []),
  ];
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

export interface Agreement {
  readonly asked: number;
  readonly allowed: number;
  /** About whom authorizers were asked, and whom they refused. */
  readonly delegated: number;
  readonly refusedByOthers: number;
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

interface Found {
  readonly asked: Asked;
  readonly answer: Answer;
  readonly differences: readonly string[];
}

interface Stage {
  readonly client: Client;
  readonly authorizers: Authorizers;
  readonly powers: TokenPowers;
}

const numberOf = ({ request: { headers = {} } }: Asked): string => [headers[numberHeader] ?? ''].flat().join();

const ask = async (world: World, asked: Asked, { client, authorizers, powers }: Stage): Promise<Found> => {
  const passage = world.expected(asked, powers);
  const answer = await client.ask(asked);
  const found = [
    ...differencesOf(passage, asked, answer),
    ...differs('asked are', askedBy(passage, asked).asked.join(), authorizers.asked(numberOf(asked)).join()),
  ];
  const circumstances = [asked, world.objects, passage.verdict].map((one) => JSON.stringify(one)).join('\n');
  return { asked, answer, differences: found.map((one) => `${one}\n${circumstances}`) };
};

/** So many requests are on their way at once. */
const lanes = 16;

const askWorld = async (world: World, all: readonly Asked[], stage: Stage): Promise<readonly Found[]> => {
  const found: Found[] = [];
  const queue = all.values();
  const lane = async () => {
    for (const asked of queue) found.push(await ask(world, asked, stage));
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

const isTold = ({ asked: { identity, source }, answer }: Found, lines: ReadonlyMap<string, Denial>): boolean => {
  const line = lines.get(answer.headers['x-weft-denial-id'] ?? '');
  const caller = identity === undefined ? '' : `spiffe://${identities[identity]}`;
  return line?.reason === answer.headers['x-details'] && line?.address === source && (line.caller ?? '') === caller;
};

/** The log is written now and then. */
const untoldOf = async (found: readonly Found[], envoy: EnvoyProcess): Promise<readonly string[]> => {
  let untold = found.filter(({ answer }) => answer.headers['x-weft-denial-id'] !== undefined);
  for (let tries = 0; tries < 100 && untold.length > 0; tries += 1, await sleep(50)) {
    const lines = denialsIn(envoy.accessLog());
    untold = untold.filter((one) => !isTold(one, lines));
  }
  return untold.map((one) => JSON.stringify(one));
};

interface Issuer {
  readonly jwks: string;
  readonly sign: Sign;
}

const makeIssuer = async (): Promise<Issuer> => {
  const [{ publicKey, privateKey }, stranger] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
  return {
    jwks: JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'ES256' }] }),
    sign: ({ claims, forged }) =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg: 'ES256' }).sign(forged ? stranger.privateKey : privateKey),
  };
};

const tokensOf = ({ request: { headers = {}, path = '' } }: Asked): readonly string[] =>
  [...Object.values(headers).flat(), path].flatMap((text) => text.match(/ey[\w-]+\.[\w-]+\.[\w-]+/g) ?? []);

const clustersOf = ({ view }: World): JsonObject[] =>
  (staticBootstrap(emit(view)).static_resources as { readonly clusters: JsonObject[] }).clusters.filter(({ name }) =>
    /\|(words|web)\.example$/.test(String(name)),
  );

export const agreement = async ({ seed, policies, requests }: Size): Promise<Agreement> => {
  const random = randomFrom(seed);
  const folder = await mkdtemp(join(tmpdir(), 'weft-verdicts-'));
  const root = await makeRoot('mesh');
  const [own, ...leaves] = await Promise.all(
    ['cluster.local/ns/shop/sa/web', ...identities].map((name) => root.issue('x', { uris: [`spiffe://${name}`] })),
  );
  if (!own) throw new Error('no certificate');
  await writeSecrets(folder, { root: root.certificate, leaf: own.certificate, key: own.key });
  const { jwks, sign } = await makeIssuer();
  const [authorizers, client] = [await startAuthorizers(), clientOf(leaves)];
  const worlds = [...(await freePorts(policies))].map((port) => worldOf(random, { port, jwks, authorizers: authorizers.ports }));
  const [first] = worlds;
  const bootstrap = {
    node: { id: 'server', cluster: 'server' },
    admin: { address: { pipe: { path: join(folder, 'admin.sock') } } },
    static_resources: { listeners: worlds.map(({ listener }) => listener), clusters: first ? clustersOf(first) : [] },
  };
  const envoy = await spawnEnvoy(folder, fromFiles(bootstrap, folder), { level: 'warn' });
  try {
    for (const { door } of worlds)
      for (let tries = 0; tries < 600 && !envoy.hasEnded() && !(await listens(door.port)); tries += 1) await sleep(50);
    if (envoy.hasEnded()) throw new Error(envoy.log());
    const found: Found[] = [];
    for (const world of worlds) {
      const plain = Array.from({ length: requests }, (_, index) => askedOf(random, world.door, `${found.length + index}`));
      const all = await Promise.all(plain.map((one) => signed(one, sign)));
      const reader = await tokenReader(
        all.flatMap(tokensOf),
        [world.view.inbound, world.view.gateway].flatMap(({ tokens = [] }) => tokens.map(({ keys }) => keys)),
      );
      found.push(...(await askWorld(world, all, { client, authorizers, powers: { ...reader, now: Date.now } })));
    }
    return {
      asked: found.length,
      allowed: found.filter(({ answer: { status } }) => status < 300).length,
      delegated: found.filter(({ asked }) => authorizers.asked(numberOf(asked)).length > 0).length,
      refusedByOthers: found.filter(({ answer }) => answer.headers['x-details'] === 'ext_authz_denied').length,
      untold: await untoldOf(found, envoy),
      differences: found.flatMap(({ differences }) => differences),
    };
  } finally {
    client.close();
    authorizers.stop();
    await envoy.kill();
    await rm(folder, { recursive: true, force: true });
  }
};
