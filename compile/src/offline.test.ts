/** What `weft explain` and `weft analyze` wait for before they can begin. */
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import { expect, test } from 'vitest';

/** All files that come with one: with code that several programs share a whole file comes, whatever of it is used. */
const filesWith = ({ outputs }: Metafile, path: string, known = new Set<string>()): ReadonlySet<string> => {
  if (known.has(path)) return known;
  known.add(path);
  for (const { path: next, kind } of outputs[path]?.imports ?? [])
    if (kind === 'import-statement') filesWith({ outputs, inputs: {} }, next, known);
  return known;
};

test("what is asked of manifests alone loads none of Envoy's types", async () => {
  const entryPoints = ['offline', 'index'].map((name) => fileURLToPath(new URL(`./${name}.ts`, import.meta.url)));
  const options = { bundle: true, splitting: true, platform: 'node', format: 'esm', outdir: 'out', write: false, metafile: true } as const;
  const { metafile } = await build({ entryPoints, ...options });
  const [offline = ''] = Object.keys(metafile.outputs).filter((path) => metafile.outputs[path]?.entryPoint?.endsWith('offline.ts'));
  const sources = [...filesWith(metafile, offline)].flatMap((path) => Object.keys(metafile.outputs[path]?.inputs ?? {}));
  expect(sources.some((path) => path.endsWith('compile/src/build.ts'))).toBe(true);
  expect(sources.filter((path) => path.includes('envoy/src/gen/') || path.endsWith('@bufbuild/protobuf/dist/esm/registry.js'))).toEqual([]);
});
