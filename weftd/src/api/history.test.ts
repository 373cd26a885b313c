import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { History, RevisionDetails, StoredObject, UndoResult } from '@weft/model';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createHarness, type Harness } from '../app.fixture.ts';

let weftd: Harness;

const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n';
const service = (name: string, port: number): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec: {ports: [{port: ${port}}]}\n`;
const secret = (value: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: shop}\ndata: {token: ${Buffer.from(value).toString('base64')}}\n`;

beforeAll(async () => {
  weftd = createHarness();
  weftd.write('shop.yaml', namespace);
  await weftd.start();
});

afterAll(() => weftd.remove());

const applied = async (text: string): Promise<number> => (await weftd.apply(text)).body.revision;
const history = async (query = ''): Promise<History> => (await weftd.ask(`/history${query}`)).body;
const details = async (revision: number): Promise<RevisionDetails> => (await weftd.ask(`/history/${revision}`)).body;
const undo = (revision: number, dryRun = false) => weftd.ask('/undo', { body: { revision, ...(dryRun && { dryRun }) } });
const portOf = async (name: string, query = ''): Promise<number | undefined> =>
  (await weftd.ask(`/resources/service/shop/${name}${query}`)).body.resource?.spec.ports[0].port;

test('every revision is told with what it changed, before and after, also after a restart', async () => {
  const made = await applied(`${service('web', 80)}---\n${service('api', 80)}`);
  const changed = await applied(service('web', 81));
  const { body } = await weftd.ask('/delete', { body: { objects: [{ kind: 'Service', namespace: 'shop', name: 'api' }] } });
  await weftd.stop();
  await weftd.start();
  const { items, more, since } = await history();
  expect(items.map(({ revision, source, counts }) => [revision, source, counts])).toEqual([
    [body.revision, 'api', { created: 0, configured: 0, deleted: 1 }],
    [changed, 'api', { created: 0, configured: 1, deleted: 0 }],
    [made, 'api', { created: 2, configured: 0, deleted: 0 }],
    [1, 'file', { created: 1, configured: 0, deleted: 0 }],
  ]);
  expect([more, since]).toEqual([false, items.at(-1)?.at]);
  const { changes } = await details(changed);
  expect(changes).toMatchObject([{ ref: { kind: 'Service', namespace: 'shop', name: 'web' }, action: 'configured' }]);
  expect([changes[0]?.before, changes[0]?.after]).toEqual([expect.stringContaining('port: 80'), expect.stringContaining('port: 81')]);
  const ofApi = await history('?kind=svc&namespace=shop&name=api');
  expect(ofApi.items.map(({ revision }) => revision)).toEqual([body.revision, made]);
  const page = await history('?limit=2');
  expect([page.items.length, page.more]).toEqual([2, true]);
  expect((await history(`?limit=2&before=${page.items[1]?.revision}`)).items.map(({ revision }) => revision)).toEqual([made, 1]);
});

test('objects are shown as a revision left them, and how two revisions differ', async () => {
  const first = await applied(service('cart', 80));
  const second = await applied(`${service('cart', 90)}---\n${service('card', 1)}`);
  expect([await portOf('cart', `?revision=${first}`), await portOf('cart', `?revision=${second}`)]).toEqual([80, 90]);
  expect((await weftd.ask(`/resources/service/shop/card?revision=${first}`)).status).toBe(404);
  const { items } = (await weftd.ask(`/resources/service?namespace=shop&name=cart&revision=${first}`)).body;
  const { items: all } = (await weftd.ask(`/resources?namespace=shop&revision=${first}`)).body;
  expect(all).toEqual(expect.arrayContaining(items));
  expect(all.map(({ resource }: StoredObject) => resource.metadata.name).toSorted()).toEqual(['cart', 'web']);
  expect(items).toHaveLength(1);
  const { changes } = (await weftd.ask(`/diff?from=${first}&to=${second}`)).body;
  expect(changes.map(({ ref, action }: UndoResult['changes'][0]) => [ref.name, action])).toEqual([
    ['card', 'created'],
    ['cart', 'configured'],
  ]);
  for (const query of ['?from=1&to=100000', '?from=100000']) expect((await weftd.ask(`/diff${query}`)).status, query).toBe(404);
  expect((await weftd.ask('/history/100000')).body.error).toContain('revision 100000 is not known');
  expect((await weftd.ask('/history/x')).status).toBe(400);
});

test('a revision is taken back whole, and so is that', async () => {
  await applied(service('bill', 80));
  const changed = await applied(`${service('bill', 90)}---\n${service('mail', 25)}`);
  const trial = await undo(changed, true);
  expect(trial.status).toBe(200);
  expect([await portOf('bill'), await portOf('mail')]).toEqual([90, 25]);
  const { status, body }: { status: number; body: UndoResult } = await undo(changed);
  expect([status, body.items.map(({ ref, action }) => [ref.name, action])]).toEqual([
    200,
    [
      ['bill', 'configured'],
      ['mail', 'deleted'],
    ],
  ]);
  expect(body.changes[0]).toMatchObject({ before: expect.stringContaining('port: 90'), after: expect.stringContaining('port: 80') });
  expect([await portOf('bill'), await portOf('mail')]).toEqual([80, undefined]);
  expect((await history('?limit=1')).items[0]).toMatchObject({
    revision: body.revision,
    undoes: changed,
    source: 'api',
    by: expect.stringMatching(/./),
  });
  await undo(body.revision);
  expect([await portOf('bill'), await portOf('mail')]).toEqual([90, 25]);
  // What is as it was needs no change.
  expect((await undo(changed)).body.items.map(({ action }: UndoResult['items'][0]) => action)).toEqual(['configured', 'deleted']);
  expect((await undo(changed)).body.items.map(({ action }: UndoResult['items'][0]) => action)).toEqual(['unchanged', 'unchanged']);
});

test('nothing is taken back of what was changed again since', async () => {
  await applied(`${service('one', 80)}---\n${service('two', 80)}`);
  const changed = await applied(`${service('one', 81)}---\n${service('two', 81)}`);
  await applied(service('two', 82));
  const { status, body } = await undo(changed);
  expect([status, body.error]).toEqual([409, `Service two was changed again after revision ${changed}`]);
  expect([await portOf('one'), await portOf('two')]).toEqual([81, 82]);
});

test('what a file says is taken back in the file: the difference is shown', async () => {
  weftd.write('late.yaml', service('late', 80));
  await vi.waitFor(async () => expect(await portOf('late')).toBe(80));
  weftd.write('late.yaml', service('late', 81));
  await vi.waitFor(async () => expect(await portOf('late')).toBe(81));
  const [{ revision } = { revision: 0 }] = (await history('?kind=service&name=late')).items;
  const { status, body } = await undo(revision);
  expect([status, body.error]).toEqual([409, expect.stringMatching(/late\.yaml:1: what a file says is taken back in the file/)]);
  expect(body.changes).toMatchObject([
    {
      byHand: { file: join(weftd.folder, 'late.yaml'), line: 1 },
      before: expect.stringContaining('81'),
      after: expect.stringContaining('80'),
    },
  ]);
  rmSync(join(weftd.folder, 'late.yaml'));
  await vi.waitFor(async () => expect(await portOf('late')).toBeUndefined());
  const [{ revision: gone } = { revision: 0 }] = (await history('?kind=service&name=late')).items;
  expect((await undo(gone)).body.findings).toMatchObject([{ code: 'WEFT0308', file: join(weftd.folder, 'late.yaml') }]);
});

test('values of Secrets are told nowhere', async () => {
  const made = await applied(secret('hush-one'));
  const changed = await applied(secret('hush-two'));
  const texts = await Promise.all(
    [`/history/${changed}`, `/diff?from=${made}&to=${changed}`, `/resources/secret?revision=${made}`].map((path) => weftd.ask(path)),
  );
  for (const { status, body } of [...texts, await undo(changed, true)]) {
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain('[redacted]');
    expect(JSON.stringify(body)).not.toContain('aHVzaC');
  }
  const { status } = await undo(changed);
  expect(status).toBe(200);
});
