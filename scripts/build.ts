/** Bundles each program into one file of `dist/`, and the console into `dist/console/`, so that a release needs Node and nothing else. */
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { build as buildPages } from 'vite';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Bundle name -> entry. */
const programs: Readonly<Record<string, string>> = {
  weft: 'cli/src/main.ts',
  weftd: 'weftd/src/main.ts',
  'weftd-worker': 'weftd/src/desired/worker.ts',
  'weftd-alerts': 'weftd/src/alerts/worker.ts',
  'weftd-telemetry': 'weftd/src/telemetry/worker/worker.ts',
  'weftd-scrape': 'weftd/src/telemetry/scrape/worker.ts',
  agent: 'agent/src/main.ts',
};

/** CommonJS dependencies (grpc-js, fastify) call `require` for Node's own modules; an ES module has none. */
const banner = `import { createRequire as weftRequire } from 'node:module';
const require = weftRequire(import.meta.url), __filename = import.meta.filename, __dirname = import.meta.dirname;`;

const outdir = join(root, 'dist');
await rm(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: programs,
  outdir,
  bundle: true,
  // What only some commands need (the compiler, gRPC) is a file of its own, loaded when it is needed.
  splitting: true,
  platform: 'node',
  target: 'node22.13',
  format: 'esm',
  banner: { js: banner },
  sourcemap: 'linked',
  legalComments: 'linked',
  // Optional native accelerators of `ws`, which does without.
  external: ['bufferutil', 'utf-8-validate'],
  logLevel: 'warning',
});
await buildPages({ configFile: join(root, 'dashboard/vite.config.ts'), logLevel: 'warn' });
