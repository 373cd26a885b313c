/**
 * Whatever set of objects Weft accepts, Envoy takes what is emitted for it, and survives it. Random objects of every kind, in as many
 * sets as WEFT_SETS says (150, in the long run 10,000), a thousand in each test; WEFT_SEED repeats a run. A set that Envoy refuses is
 * shrunk and kept as a golden case, which fails until Weft refuses the object or emits something else.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '@weft/envoy';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { findEnvoy } from '../../agent/src/envoy-binary.ts';
import { accepted, generated, objects, type Written } from './objects.ts';
import { shrink } from './shrink.ts';
import { complaint, together, type Validator } from './validate.ts';
import { bootstrapsOf } from './world.ts';

const long = process.env.WEFT_LONG === '1';
const sets = Number(process.env.WEFT_SETS ?? (long ? 10_000 : 150));
/** The same sets each time, so that a change is what made a test fail; others in each long run. */
const seed = Number(process.env.WEFT_SEED ?? (long ? Date.now() % 1_000_000 : 4));
const inOneProcess = 20;
/** Of as many sets a slow machine judges the last before an hour is over. */
const inOneTest = 1_000;

let validator: Validator;

beforeAll(async () => {
  const envoy = await findEnvoy({ env: process.env, userHome: homedir(), log: () => {} });
  validator = { envoy, folder: await mkdtemp(join(tmpdir(), 'weft-property-')) };
}, 120_000);

afterAll(() => rm(validator.folder, { recursive: true, force: true }));

/** What Weft emits for the set, or why it could not. */
const emitted = (set: readonly Written[]): readonly JsonObject[] | string => {
  try {
    return bootstrapsOf(set);
  } catch (error) {
    return String(error instanceof Error ? error.stack : error);
  }
};

const judge = async (set: readonly Written[]): Promise<string> => {
  const bootstraps = emitted(set);
  if (typeof bootstraps === 'string') return bootstraps;
  const said = await Promise.all(bootstraps.map((bootstrap) => complaint(validator, bootstrap)));
  return said.filter(Boolean).join('\n');
};

/** What is left of a set when an object loses a part is judged only if Weft still accepts all of it. */
const isBad = async (set: readonly Written[]): Promise<boolean> =>
  set.every((object) => typeof object === 'object' && accepted(object) === object) && (await judge(set)) !== '';

const kept = join(dirname(fileURLToPath(import.meta.url)), '../golden/kept');

const keep = async (set: readonly Written[], name: string): Promise<string> => {
  const least = await shrink(set, isBad);
  const about =
    '# A random set that Envoy refused: whatever Weft accepts, Envoy takes.\nproxy: {workload: web}\nshow: {clusters: [], listeners: [], virtual-hosts: []}\n';
  const text = [about, ...least.map((object) => stringify(object))].join('---\n');
  await mkdir(join(kept, name), { recursive: true });
  await writeFile(join(kept, name, 'input.yaml'), text);
  return `${await judge(least)}\n${text}`;
};

interface Place {
  readonly seed: number;
  /** Number of the batch's first set. */
  readonly first: number;
}

const told = async (batch: readonly (readonly Written[])[], { seed, first }: Place): Promise<readonly string[]> => {
  const all = batch.map(emitted);
  const whole = all.filter((bootstraps) => typeof bootstraps !== 'string').flat();
  if (whole.length === all.length * 2 && (await complaint(validator, together(whole))) === '') return [];
  const faults: string[] = [];
  for (const [index, set] of batch.entries()) {
    if ((await judge(set)) !== '') faults.push(await keep(set, `seed-${seed}-set-${first + index}`));
  }
  return faults.length > 0
    ? faults
    : [`sets ${first} to ${first + batch.length - 1} are refused together only: ${await complaint(validator, together(whole))}`];
};

/** Seeds of the tests, and how many sets each makes. */
const parts = Array.from({ length: Math.ceil(sets / inOneTest) }, (_, part) => ({
  seed: seed + part,
  count: Math.min(inOneTest, sets - part * inOneTest),
}));

test.each(parts)(
  'Envoy takes what is emitted for $count random sets of objects (seed $seed)',
  async ({ seed, count }) => {
    const faults: string[] = [];
    const counts = new Map<string, number>();
    const random = fc.sample(objects, { numRuns: count, seed });
    for (let first = 0; first < count && faults.length < 3; first += inOneProcess) {
      const batch = random.slice(first, first + inOneProcess).map((set) => set.map(accepted).filter((object) => object !== undefined));
      for (const { kind } of batch.flat()) counts.set(String(kind), (counts.get(String(kind)) ?? 0) + 1);
      faults.push(...(await told(batch, { seed, first })));
    }
    expect(faults.join('\n\n')).toBe('');
    // A generator of which nothing passes would prove nothing.
    for (const { kind } of generated) expect(counts.get(kind) ?? 0, kind).toBeGreaterThan(count / 50);
  },
  long ? 3_500_000 : 600_000,
);
