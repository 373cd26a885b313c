/** Narrower policies end the streams of running workloads, over restarts of weftd too [G22]: what proxies hear of it are other ways in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { build, decode, emit, type Snapshot, scope } from '@weft/compile';
import { typeUrls } from '@weft/envoy';
import type { Proxy } from '@weft/model';
import { certificateReader } from '@weft/model/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Planned } from '../push/plan.ts';
import { Desired } from './desired.ts';
import type { FromWorker } from './messages.ts';
import { createPlanMirror, type PlanMirror } from './mirror.ts';

let home: string;
let desired: Desired;
let mirror: PlanMirror;
/** Names. */
let pods: readonly string[];
/** What each proxy was told last, by its application. */
let told: Map<string, Planned>;
let made = 0;
/** Whether weftd ends before it has compiled what it took. */
let isKilled = false;

const begin = (): void => {
  told = new Map();
  const post = (message: FromWorker): void => {
    if (message.kind === 'plan') mirror.take(structuredClone(message.update));
    if (message.kind === 'node') pods = message.state.instances.map(({ pod }) => pod.name);
  };
  mirror = createPlanMirror((message) => {
    if (message.kind === 'attach') desired.attach(message.key, message.proxy);
  });
  const chosen = { uid: () => `uid-${made++}`, letters: (length: number) => `${made++}`.padStart(length, 'x'), hash: () => 'hash' };
  const fetchKeys = (): Promise<string> => Promise.reject(new Error('nobody asks for keys here'));
  const verbs = {
    build: (snapshot: Snapshot) => {
      if (isKilled) throw new Error('killed');
      return build(snapshot);
    },
    ...{ scope, emit },
  };
  const powers = { post, verbs, certificates: certificateReader, fetchKeys, now: () => 1_000_000, ...chosen };
  desired = new Desired({ store: join(home, 'store.db'), clusterId: 'local', dnsDomain: 'cluster.local', gatewayPort: 1 }, powers);
  desired.start();
};

const follow = async (...apps: readonly string[]): Promise<void> => {
  for (const app of apps) {
    const name = pods.find((pod) => pod.startsWith(`${app}-`)) ?? '';
    const proxy: Proxy = {
      ...{ id: name, role: 'sidecar', name, namespace: 'shop', serviceAccount: 'default', labels: { app } },
      ...{ addresses: ['10.0.0.1'], cluster: 'local', network: '', dnsDomain: 'shop.svc.cluster.local' },
      locality: { region: '', zone: '', subzone: '' },
    };
    mirror.attach(proxy, (planned) => told.set(app, planned));
  }
  await immediate();
};

const resource = (app: string, type: 'LDS' | 'ECDS', name: string) => {
  const found = told.get(app)?.resources.get(typeUrls[type])?.get(name);
  if (!found) throw new Error(`${app} has no ${name}`);
  return found;
};
const filters = (app: string): string => resource(app, 'ECDS', 'authorization.http').version;

interface Chain {
  readonly name: string;
  readonly metadata?: { readonly filter_metadata: Readonly<Record<string, { readonly narrowed: number }>> };
}

/** Its ways in for requests: what policies say of bytes stands in the others. */
const ways = (app: string): readonly Chain[] =>
  (decode(resource(app, 'LDS', 'virtualInbound')).filter_chains as unknown as readonly Chain[]).filter(({ name }) =>
    name.endsWith('-http'),
  );

/** Names of chains whose older connections are ended, and how often they were. */
const ended = (app: string): object =>
  Object.fromEntries(
    ways(app).flatMap(({ name, metadata }) => (metadata ? [[name, metadata.filter_metadata['dev.weft.policies']?.narrowed]] : [])),
  );

const apply = (text: string): void => {
  const { findings } = desired.apply({ text, file: 'stdin', directory: '/' });
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
};
const policy = (name: string, spec: string): void =>
  apply(`apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: ${name}, namespace: shop}\nspec: ${spec}\n`);
const withdraw = (name: string): void => void desired.remove({ objects: [{ kind: 'AuthorizationPolicy', namespace: 'shop', name }] });

const deployment = (app: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${app}, namespace: shop}
spec:
  selector: {matchLabels: {app: ${app}}}
  template: {metadata: {labels: {app: ${app}}}, spec: {containers: [{name: app, command: [sleep, infinity]}]}}
---
apiVersion: v1
kind: Service
metadata: {name: ${app}, namespace: shop}
spec: {selector: {app: ${app}}, ports: [{name: http, port: 80, targetPort: 8080}, {name: grpc, port: 81, targetPort: 9090}]}
---
`;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'weft-narrowing-'));
  begin();
  apply(
    `apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: enabled}}\n---\n${deployment('web')}${deployment('till')}`,
  );
  await follow('web', 'till');
});
afterEach(async () => {
  await desired.stop();
  rmSync(home, { recursive: true, force: true });
});

const noStream = '{action: DENY, selector: {matchLabels: {app: web}}, rules: [{to: [{operation: {paths: [/stream]}}]}]}';
const everyWay = [
  '8080-mtls-http',
  '8080-plain-http',
  '9090-mtls-http',
  '9090-plain-http',
  'virtualInbound-mtls-http',
  'virtualInbound-plain-http',
];
const times = (count: number) => Object.fromEntries(everyWay.map((name) => [name, count]));

test('ways in are replaced where less is allowed, and nowhere else', () => {
  const tills = ways('till');
  policy('no-stream', noStream);
  expect(ended('web')).toEqual(times(1));
  expect(ways('till')).toEqual(tills);
  policy('get', '{selector: {matchLabels: {app: web}}, rules: [{to: [{operation: {ports: ["9090"]}}]}]}');
  expect(ended('web')).toEqual({ ...times(2), '9090-mtls-http': 1, '9090-plain-http': 1 });
});

test('what allows more, is tried or is elsewhere changes filters at most', () => {
  policy('no-stream', noStream);
  const [known, others] = [ways('web'), ways('till')];
  const [was, same] = [filters('web'), filters('till')];
  policy('no-stream', noStream.replace('to:', 'from: [{source: {namespaces: [bank]}}], to:'));
  expect(filters('web')).not.toBe(was);
  policy('tried', '{action: AUDIT, rules: [{}]}');
  expect(filters('till')).not.toBe(same);
  withdraw('no-stream');
  apply(
    'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: web, namespace: shop}\nspec: {hosts: [web], http: [{route: [{destination: {host: web, port: {number: 80}}}]}]}\n',
  );
  expect([ways('web'), ways('till')]).toEqual([known, others]);
});

test('a restart of weftd replaces nothing, and forgets nothing', async () => {
  policy('no-stream', noStream);
  const [web, till] = [ways('web'), ways('till')];
  for (let restart = 0; restart < 2; restart += 1) {
    await desired.stop();
    begin();
    await follow('web', 'till');
    expect([ways('web'), ways('till')]).toEqual([web, till]);
  }
  withdraw('no-stream');
  policy('no-stream', noStream);
  expect(ended('web')).toEqual(times(2));
});

test('nobody lives on because weftd was killed when it had taken the policy and told nobody', async () => {
  policy('no-stream', noStream);
  isKilled = true;
  policy('no-stream', noStream.replace('/stream', '"*"'));
  apply(deployment('late'));
  isKilled = false;
  await desired.stop();
  begin();
  await follow('web', 'till', 'late');
  expect(ended('web')).toEqual(times(2));
  expect([ended('till'), ended('late')]).toEqual([{}, {}]);
});
