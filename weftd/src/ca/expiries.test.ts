/** When certificates end is known over restarts: of the last one of each pod, and of no pod that only has its name. */
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Expiry } from './expiries.ts';
import { instance, makeCsr, makeFixture, webCaller } from './fixture.ts';

const day = 86_400_000;

test('a weftd that was killed leaves to the next what it issued', async () => {
  const { ca, clock, instances, directory, reopen, close } = await makeFixture();
  const known = async (): Promise<readonly Expiry[]> => (await reopen()).expiries().filter(({ name }) => name !== 'root');
  instances.push(instance('shop', 'web-1'), instance('shop', 'web-2'));
  await ca.issue(await makeCsr(), webCaller);
  clock.time += day / 2;
  await ca.issue(await makeCsr(), webCaller);
  const last = { namespace: 'shop', name: 'pod web-1', notAfter: clock.time + day };
  expect(await known()).toEqual([last]);
  const { authority, items } = (await reopen()).certificates();
  const signer = authority.find(({ signs }) => signs)?.serial;
  expect(items).toMatchObject([
    {
      ...{
        namespace: 'shop',
        pod: 'web-1',
        identity: expect.stringMatching(/^spiffe:\/\//),
        issuer: signer,
        at: clock.time,
        notAfter: last.notAfter,
      },
      earlier: [{ at: clock.time - day / 2, notAfter: last.notAfter - day / 2 }],
    },
  ]);
  expect(authority.map(({ kind }) => kind)).toEqual(['root', 'intermediate']);

  const journal = join(directory, 'journal.jsonl');
  await rename(journal, `${journal}.1`);
  await writeFile(journal, '{"at":"2026-01-01T00:00:00.000Z","serial":"0');
  expect(await known()).toEqual([last]);

  instances.splice(0, 1, instance('shop', 'web-1', { uid: 'another' }));
  expect(await known()).toEqual([]);
  await close();
});
