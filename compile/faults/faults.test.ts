/** Every fault of the table is told with object, field and remedy, and what is left without it is taken by Envoy. */
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findEnvoy } from '../../agent/src/envoy-binary.ts';
import { complaint, together, type Validator } from '../property/validate.ts';
import { foundWith } from '../property/world.ts';
import { faults } from './table.ts';

let validator: Validator;

beforeAll(async () => {
  const envoy = await findEnvoy({ env: process.env, userHome: homedir(), log: () => {} });
  validator = { envoy, folder: await mkdtemp(join(tmpdir(), 'weft-faults-')) };
}, 120_000);

afterAll(() => rm(validator.folder, { recursive: true, force: true }));

test.each(faults.map((row) => [row.fault, row.path, row] as const))('%s: %s', (_, path, { manifest, code, severity = 'error' }) => {
  const found = foundWith(manifest).findings.filter((finding) => finding.severity === severity);
  expect(found.map((finding) => `${finding.code} ${finding.path}`)).toContain(`${code} ${path}`);
  for (const { resource, message, help } of found) {
    expect(resource?.name).toBe('bad');
    expect(message.length).toBeGreaterThan(5);
    expect(help.length).toBeGreaterThan(5);
  }
});

test('Envoy takes what is left without each of them', async () => {
  // Most leave nothing but the mesh around them.
  const all = faults.flatMap((row) => foundWith(row.manifest).bootstraps.map((bootstrap) => ({ row, bootstrap })));
  const distinct = [...new Map(all.map((one) => [JSON.stringify(one.bootstrap), one])).values()];
  const said = await complaint(validator, together(distinct.map(({ bootstrap }) => bootstrap)));
  if (said === '') return;
  for (const { row, bootstrap } of distinct) expect(await complaint(validator, bootstrap), `${row.fault}\n${row.manifest}`).toBe('');
  expect(said).toBe('');
}, 600_000);
