/** The two ends of the plan, with the worker's messages copied between them as between threads. */
import { createHash, randomBytes } from 'node:crypto';
import type { Encoded } from '@weft/envoy';
import type { Proxy } from '@weft/model';
import { beforeEach, expect, test } from 'vitest';
import type { Planned } from '../push/plan.ts';
import type { ProxyPlan } from './compiler.ts';
import type { ToWorker } from './messages.ts';
import { createPlanMirror, type PlanMirror, proxyKey } from './mirror.ts';
import { PlanPublisher } from './publish.ts';

const cds = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';
const eds = 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment';

const encoded = (name: string, content: Uint8Array | string): Encoded => {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { name, version: createHash('sha256').update(bytes).digest('hex'), bytes };
};
const mapOf = (...resources: Encoded[]): ReadonlyMap<string, Encoded> => new Map(resources.map((resource) => [resource.name, resource]));

const proxy = (name: string): Proxy => ({
  id: name,
  role: 'sidecar',
  name,
  namespace: 'shop',
  serviceAccount: 'web',
  labels: { app: 'web' },
  addresses: ['10.0.0.1'],
  cluster: 'local',
  network: '',
  locality: { region: '', zone: '', subzone: '' },
  dnsDomain: 'shop.svc.cluster.local',
});

let publisher: PlanPublisher;
let mirror: PlanMirror;
let posted: ToWorker[];
const [a, b] = [proxy('a'), proxy('b')];

/** @returns bytes that crossed, -1 for no message. */
const publish = (plans: Readonly<Record<string, ProxyPlan>>, revision: number): number => {
  const update = publisher.update(new Map(Object.entries(plans)), revision);
  if (!update) return -1;
  mirror.take(structuredClone(update));
  return update.fresh.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
};

const follow = (who: Proxy): Planned[] => {
  const seen: Planned[] = [];
  mirror.attach(who, (planned) => seen.push(planned));
  return seen;
};

beforeEach(() => {
  publisher = new PlanPublisher();
  posted = [];
  mirror = createPlanMirror((message) => posted.push(message));
});

test('what is planned arrives as it was, bytes and order', () => {
  const seen = follow(a);
  const large = encoded('large', randomBytes(300 * 1024));
  const many = Array.from({ length: 700 }, (_, index) => encoded(`c${(index * 7919) % 700}`, randomBytes(1000)));
  const resources = new Map([[cds, mapOf(...many, large)]]);
  publish({ [proxyKey(a)]: { revision: 3, resources } }, 3);
  expect(seen).toHaveLength(1);
  expect(seen[0]?.revision).toBe(3);
  const arrived = [...(seen[0]?.resources.get(cds)?.values() ?? [])];
  expect(arrived.map(({ name, version }) => ({ name, version }))).toEqual([...many, large].map(({ name, version }) => ({ name, version })));
  expect(arrived.every(({ bytes }, index) => Buffer.compare(bytes, [...many, large][index]?.bytes ?? new Uint8Array()) === 0)).toBe(true);
  expect(mirror.revision()).toBe(3);
});

test('proxies share maps and resources, and bytes cross once', () => {
  const [seenA, seenB] = [follow(a), follow(b)];
  const web = encoded('web', 'x'.repeat(1000));
  const shared = mapOf(web);
  const other = mapOf({ ...web, bytes: Uint8Array.from(web.bytes) });
  const plans = {
    [proxyKey(a)]: { revision: 1, resources: new Map([[cds, shared]]) },
    [proxyKey(b)]: {
      revision: 1,
      resources: new Map([
        [cds, shared],
        [eds, other],
      ]),
    },
  };
  expect(publish(plans, 1)).toBe(2000);
  expect(seenB[0]?.resources.get(cds)).toBe(seenA[0]?.resources.get(cds));
});

test('a resource of equal content is the resource that is there', () => {
  const seen = follow(a);
  const resources = (text: string) =>
    new Map([
      [cds, mapOf(encoded('web', text), encoded('api', 'same'))],
      [eds, mapOf(encoded('e', '1'))],
    ]);
  publish({ [proxyKey(a)]: { revision: 1, resources: resources('one') } }, 1);
  expect(publish({ [proxyKey(a)]: { revision: 1, resources: resources('one') } }, 1)).toBe(-1);
  expect(publish({ [proxyKey(a)]: { revision: 2, resources: resources('one') } }, 2)).toBe(0);
  expect(seen[1]).toEqual({ revision: 2, resources: seen[0]?.resources });
  expect(seen[1]?.resources).toBe(seen[0]?.resources);
  expect(publish({ [proxyKey(a)]: { revision: 3, resources: resources('two!') } }, 3)).toBe(4);
  expect(seen[2]?.resources.get(eds)).toBe(seen[0]?.resources.get(eds));
  expect(seen[2]?.resources.get(cds)?.get('api')).toBe(seen[0]?.resources.get(cds)?.get('api'));
  expect(seen[2]?.resources.get(cds)?.get('web')?.bytes).toEqual(new TextEncoder().encode('two!'));
});

test('changes back and forth, joins and leaves arrive right', () => {
  const seen = [follow(a), follow(b)];
  const variants = Array.from({ length: 4 }, (_, index) => mapOf(encoded('web', `v${index}`), encoded('shared', 's')));
  for (let revision = 1; revision <= 60; revision += 1) {
    const chosen = [variants[revision % 4], variants[(revision * 3) % 4]].map((map) => map ?? new Map());
    if (revision % 7 === 0) publisher.forget(proxyKey(b));
    const plans = Object.fromEntries(
      [a, b].map((who, index) => [proxyKey(who), { revision, resources: new Map([[cds, chosen[index] ?? new Map()]]) }]),
    );
    publish(plans, revision);
    for (const index of [0, 1]) {
      const now = seen[index]?.at(-1);
      expect(now?.revision).toBe(revision);
      expect([...(now?.resources.get(cds)?.values() ?? [])]).toEqual([...(chosen[index]?.values() ?? [])]);
    }
  }
});

test('who attaches late is told at once; who has detached is not told', async () => {
  publish({}, 1);
  const seen: Planned[] = [];
  const detach = mirror.attach(a, (planned) => seen.push(planned));
  expect(posted).toEqual([{ kind: 'attach', key: proxyKey(a), proxy: a }]);
  publish({ [proxyKey(a)]: { revision: 1, resources: new Map() } }, 1);
  const late = follow({ ...a, id: 'another stream' });
  expect(posted).toHaveLength(1);
  expect(late).toHaveLength(0);
  await new Promise(setImmediate);
  expect(late).toEqual(seen);
  detach();
  publish({ [proxyKey(a)]: { revision: 2, resources: new Map() } }, 2);
  expect(seen).toHaveLength(1);
  expect(late).toHaveLength(2);
});
