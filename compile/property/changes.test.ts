/**
 * What is built upon the last mesh is what would be built of nothing, whatever changed between the two: findings, and what is
 * emitted for each proxy. Random changes, one after the other, among the objects of all golden cases, which have every kind and
 * field, and of which many have one name and say different things.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ResourceSet } from '@weft/envoy';
import { type Finding, meshSettings, type Proxy, parse, type Resource, refKey, refOf } from '@weft/model';
import { certificateReader } from '@weft/model/node';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { caseFolders } from '../golden/folders.ts';
import { assumedPods, build, emit, type Mesh, type RunningPod, scope } from '../src/index.ts';

const long = process.env.WEFT_LONG === '1';
const seed = Number(process.env.WEFT_SEED ?? (long ? Date.now() % 1_000_000 : 11));

const objectsOf = (folder: string): readonly Resource[] => {
  const [about = '', ...objects] = readFileSync(join(folder, 'input.yaml'), 'utf8').split(/^---$/m);
  const text = about.replace(/[^\n]/g, '') + objects.join('---');
  return parse({ text, file: 'input.yaml', origin: { source: 'file' }, certificates: certificateReader }).resources;
};

const keyOf = (resource: Resource): string => refKey(refOf(resource));

const cases = caseFolders(fileURLToPath(new URL('../golden', import.meta.url))).map(objectsOf);
/** All objects of one name. */
const variants: ReadonlyMap<string, readonly Resource[]> = Map.groupBy(cases.flat(), keyOf);
const kin: ReadonlyMap<string, readonly Resource[]> = Map.groupBy(cases.flat(), ({ kind }) => kind);

/** Under the name of one what the other says. */
const saying = (one: Resource, { spec, hash }: Resource): Resource => ({ ...one, spec, hash: `${one.hash} ${hash}` });

type State = ReadonlyMap<string, Resource>;

/**
 * Of the objects of a few cases one is gone, or has become what another case calls by its name, or says what another of its kind
 * says; some pods are not ready; and all objects may have been read again.
 */
interface Step {
  readonly name: number;
  readonly variant: number;
  readonly other: number | undefined;
  readonly unready: number;
  readonly again: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  name: fc.nat(),
  variant: fc.nat({ max: 20 }),
  other: fc.option(fc.nat(), { nil: undefined, freq: 1 }),
  unready: fc.nat({ max: 3 }),
  again: fc.boolean(),
});

interface Run {
  readonly start: readonly (readonly Resource[])[];
  readonly steps: readonly Step[];
}

const run: fc.Arbitrary<Run> = fc.record({
  start: fc.array(fc.constantFrom(...cases), { minLength: 2, maxLength: 4 }),
  steps: fc.array(step, { minLength: 4, maxLength: 12 }),
});

const chosen = (before: Resource | undefined, all: readonly Resource[], { variant, other }: Step): Resource | undefined => {
  const alike = before && kin.get(before.kind);
  if (before && alike && other !== undefined) return saying(before, alike[other % alike.length] ?? before);
  return variant < 5 && before ? undefined : all[variant % all.length];
};

const after = (state: State, names: readonly string[], step: Step): State => {
  const key = names[step.name % names.length] ?? '';
  const next = new Map([...state].map(([id, resource]) => [id, step.again ? { ...resource } : resource]));
  const now = chosen(state.get(key), variants.get(key) ?? [], step);
  if (now) next.set(key, now);
  else next.delete(key);
  return next;
};

const proxyOf = ({ pod, address, ipv6 }: RunningPod): Proxy => ({
  id: pod.name,
  role: pod.proxy === 'gateway' ? 'gateway' : 'sidecar',
  name: pod.name,
  namespace: pod.namespace,
  serviceAccount: pod.serviceAccount,
  labels: pod.labels,
  addresses: [address, ...(ipv6 === undefined ? [] : [ipv6])],
  cluster: 'c',
  network: '',
  locality: { region: '', zone: '', subzone: '' },
  dnsDomain: `${pod.namespace}.svc.cluster.local`,
});

const text = (resources: ResourceSet): readonly string[] =>
  [...resources].flatMap(([type, all]) => [...all.values()].map(({ name, version }) => `${type} ${name} ${version}`)).sort();

interface Outcome {
  readonly mesh: Mesh;
  readonly findings: readonly Finding[];
  readonly emitted: readonly (readonly string[])[];
}

const outcome = (state: State, unready: number, previous?: Mesh): Outcome => {
  const resources = [...state.values()];
  const assumed = assumedPods(resources);
  const pods = assumed.map((running, index) => (index % 7 === unready ? { ...running, ready: false } : running));
  const { mesh, findings } = build({ resources, pods, settings: meshSettings(resources), ...(previous && { previous }) });
  return { mesh, findings, emitted: pods.map((running) => text(emit(scope(mesh, proxyOf(running))))) };
};

test(
  'a mesh built upon another is what it would be built of nothing',
  () => {
    fc.assert(
      fc.property(run, ({ start, steps }) => {
        let state: State = new Map(start.flat().map((resource) => [keyOf(resource), resource]));
        const names = [...state.keys()];
        let { mesh } = outcome(state, 0);
        for (const one of steps) {
          state = after(state, names, one);
          const made = outcome(state, one.unready, mesh);
          const anew = outcome(state, one.unready);
          expect(made.findings).toEqual(anew.findings);
          expect(made.emitted).toEqual(anew.emitted);
          mesh = made.mesh;
        }
      }),
      { seed, numRuns: Number(process.env.WEFT_SETS ?? (long ? 2_000 : 30)) },
    );
  },
  long ? 3_600_000 : 600_000,
);
