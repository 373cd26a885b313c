/** `npm run bench`: what the control plane costs, on this machine. Figures are shown, nothing is asserted. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { explainFigures } from './explain.ts';
import { Loader, type Marked } from './loader.ts';
import { type Change, copyMesh, endpointChange, routeChange, writeMesh } from './mesh.ts';
import { type Options, readOptions, usage } from './options.ts';
import { root } from './root.ts';
import { type CompileFigures, type DataPathFigures, type Figures, printed, type Results } from './table.ts';
import { startWeftd, type Weftd } from './weftd.ts';

const say = (text: string): void => console.error(`bench: ${text}`);

const own = [process.execPath, join(root, 'bench/client.ts')];

interface Bench {
  readonly options: Options;
  readonly weftd: Weftd;
  readonly mesh: string;
  readonly namespaces: readonly string[];
  readonly certificates: string;
}

const load = (
  { options, weftd, namespaces, certificates }: Bench,
  proxies: number,
  command = options.loader ? [resolve(options.loader)] : own,
): Loader => new Loader({ command, address: weftd.xds, proxies, namespaces, certificates, quiet: '2s' });

/** `weft cert issue` is the documented way for a program that no agent looks after. */
const issueCertificates = ({ weftd, namespaces, certificates }: Omit<Bench, 'options' | 'mesh'>): void => {
  for (const namespace of namespaces) {
    const args = ['cert', 'issue', '--namespace', namespace, '--service-account', 'default', '--out', join(certificates, namespace)];
    const { status, stderr } = spawnSync(process.execPath, [join(root, 'dist/weft.js'), ...args], {
      env: weftd.environment,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`weft ${args.join(' ')}: ${stderr}`);
  }
};

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

const firstSync = async (bench: Bench, loader: Loader): Promise<Figures> => {
  const before = bench.weftd.cpuSeconds();
  const synced = await loader.synced();
  return {
    bytesPerProxy: Math.round((synced.MB * 1e6) / bench.options.proxies),
    resourcesPerProxy: synced.resources / bench.options.proxies,
    cpuSeconds: round(bench.weftd.cpuSeconds() - before, 2),
    lastMs: synced.ms,
    rssMB: round(bench.weftd.memory().peakMB, 0),
  };
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const changes = async (bench: Bench, loader: Loader, make: (folder: string, round: number) => Change): Promise<Figures> => {
  const marks: (Marked & { readonly cpu: number })[] = [];
  for (let index = 1; index <= bench.options.rounds; index++) {
    const change = make(bench.mesh, index);
    await sleep(300);
    const before = bench.weftd.cpuSeconds();
    const marked = await loader.change(change);
    marks.push({ ...marked, cpu: bench.weftd.cpuSeconds() - before });
  }
  return {
    bytesPerProxy: Math.round(median(marks.map(({ MB }) => (MB * 1e6) / bench.options.proxies))),
    resourcesPerProxy: median(marks.map(({ resources }) => resources / bench.options.proxies)),
    cpuSeconds: round(median(marks.map(({ cpu }) => cpu)), 2),
    lastMs: round(median(marks.map(({ last_ms }) => last_ms)), 0),
    rssMB: round(bench.weftd.memory().rssMB, 0),
  };
};

const reconnect = async (bench: Bench): Promise<Figures> => {
  const proxies = 20;
  const loader = load(bench, proxies, own);
  try {
    await loader.synced();
    const before = bench.weftd.cpuSeconds();
    const { MB, resources, ms } = await loader.reconnected();
    const cpuSeconds = round(bench.weftd.cpuSeconds() - before, 2);
    return { bytesPerProxy: Math.round((MB * 1e6) / proxies), resourcesPerProxy: resources / proxies, cpuSeconds, lastMs: Math.round(ms) };
  } finally {
    await loader.stop();
  }
};

const stall = async (bench: Bench): Promise<number> => {
  await bench.weftd.stallMs();
  const loader = load(bench, bench.options.connecting);
  try {
    await loader.synced();
    return round(await bench.weftd.stallMs(), 0);
  } finally {
    await loader.stop();
  }
};

/** In a process of its own, so that nothing is warm; before weftd takes any of the machine. */
const alone = <T>(program: string, ...args: readonly string[]): T => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, program), ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
  return JSON.parse(stdout) as T;
};

const measure = async (bench: Bench): Promise<Omit<Results, 'dataPath' | 'compile' | 'explain'>> => {
  const { proxies, connecting } = bench.options;
  say(`${proxies} proxies synchronise`);
  const loader = load(bench, proxies);
  try {
    const first = await firstSync(bench, loader);
    say(`${bench.options.rounds} routes change`);
    const routes = await changes(bench, loader, routeChange);
    say(`${bench.options.rounds} endpoints change`);
    const endpoints = await changes(bench, loader, endpointChange);
    await loader.stop();
    say('proxies reconnect');
    const again = await reconnect(bench);
    say(`${connecting} proxies connect at once`);
    const eventLoopStallMs = await stall(bench);
    return { routeChange: routes, endpointChange: endpoints, firstSync: first, reconnect: again, eventLoopStallMs, proxies, connecting };
  } finally {
    await loader.stop();
  }
};

const run = async (options: Options): Promise<Results> => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-bench-'));
  const mesh = join(folder, 'mesh');
  if (options.mesh === undefined) writeMesh(mesh, options);
  else copyMesh(resolve(options.mesh), mesh);
  say('the mesh is compiled alone');
  const compile = alone<CompileFigures>('bench/compile.ts', mesh);
  say('requests pass a pair of sidecars');
  const dataPath = alone<DataPathFigures>('bench/data-path.ts');
  say('requests are explained from files');
  const explain = explainFigures(mesh);
  say('weftd starts');
  const weftd = await startWeftd({ folder, mesh, profile: options.profile });
  try {
    const namespaces = Array.from({ length: options.namespaces }, (_, index) => `ns-${index}`);
    const certificates = join(folder, 'certificates');
    issueCertificates({ weftd, namespaces, certificates });
    return { dataPath, compile, explain, ...(await measure({ options, weftd, mesh, namespaces, certificates })) };
  } finally {
    await weftd.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

try {
  if (process.argv.includes('--help')) console.log(usage);
  else {
    const options = readOptions(process.argv.slice(2));
    const results = await run(options);
    console.log(printed(results));
    if (options.json) console.log(JSON.stringify(results));
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
