/**
 * Generated requests and connections to every listener of every golden case, through `explain` and through a real Envoy with what
 * `emit` made: the two agree on the listener, on TLS that ends there, on the backend and how often it is tried, on path, host and
 * headers as it gets them, on the answer, and on how often chance decides for whom.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { emit } from '@weft/compile';
import { expect, test } from 'vitest';
import { type Outcome, runCase } from '../../compile/golden/case.ts';
import { caseFolders } from '../../compile/golden/folders.ts';
import { simulate } from './simulate.ts';

/** Of what policies refuse, `explain` says nothing: on stage there are none. */
const withoutPolicies = ({ view, ...one }: Outcome): Outcome => {
  const custom = view.authorization.custom.map((delegation) => ({ ...delegation, policies: [] }));
  const open = { ...view, authorization: { ...view.authorization, custom, undecided: [], audit: [], deny: [], allow: [] } };
  return { ...one, view: open, resources: emit(open) };
};

const golden = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'compile/golden');
const isLong = Boolean(process.env.WEFT_LONG);
const count = isLong ? 100_000 : 6_000;

test('explain and Envoy agree', { timeout: isLong ? 3_400_000 : 600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'weft-simulation-'));
  try {
    const cases = await Promise.all(
      caseFolders(golden).map(async (path) => ({ name: relative(golden, path), ...withoutPolicies(await runCase(path)) })),
    );
    const seed = isLong ? Date.now() % 2 ** 32 : 20_261;
    const { asked, differences, unasked } = await simulate(cases, { folder, count, seed });
    expect(differences.slice(0, 20), `seed ${seed}`).toEqual([]);
    expect(unasked).toEqual([]);
    expect(asked).toBeGreaterThanOrEqual(count);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
