/**
 * What compiling alone costs, in a process that has compiled nothing before: the whole mesh for a sidecar of every namespace, then
 * one changed object of each kind. `node bench/compile.ts DIR` prints a line of JSON; `npm run bench` shows it in its table.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, emit, type Snapshot, scope } from '@weft/compile';
import { meshSettings, type Proxy, parse, type Resource } from '@weft/model';
import type { CompileFigures } from './table.ts';

/** Of which the median is told. */
const rounds = 7;

const parsed = (text: string): readonly Resource[] => parse({ text, file: 'mesh.yaml', origin: { source: 'file' } }).resources;

const sidecarIn = (namespace: string): Proxy => ({
  id: `sidecar~10.200.0.1~load.${namespace}~${namespace}.svc.cluster.local`,
  role: 'sidecar',
  name: 'load',
  namespace,
  serviceAccount: 'default',
  labels: {},
  addresses: ['10.200.0.1'],
  cluster: 'local',
  network: '',
  locality: { region: '', zone: '', subzone: '' },
  dnsDomain: `${namespace}.svc.cluster.local`,
});

const folder = process.argv[2] ?? '';
const texts = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(join(folder, name), 'utf8'));

let previous: Snapshot['previous'];

/** CPU of this thread, so that other work on the machine does not count. */
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
};

/** Milliseconds for mesh, views and resources of all classes of proxies. */
const compile = (resources: readonly Resource[], proxies: readonly Proxy[]): number => {
  const start = cpuMs();
  const { mesh } = build({ resources, pods: [], settings: meshSettings(resources), ...(previous && { previous }) });
  previous = mesh;
  for (const proxy of proxies) emit(scope(mesh, proxy));
  return cpuMs() - start;
};

/** The file's objects of one kind change, as an editor would change them. */
interface Edit {
  readonly kind: string;
  readonly pattern: RegExp;
  readonly to: (round: number) => string;
}

const edits: readonly Edit[] = [
  { kind: 'VirtualService', pattern: /x-user: \{exact: [\w-]+/, to: (round) => `x-user: {exact: tester-${round}` },
  { kind: 'DestinationRule', pattern: /consecutive5xxErrors: \d+/, to: (round) => `consecutive5xxErrors: ${round + 10}` },
  { kind: 'ServiceEntry', pattern: /- address: [\d.]+/, to: (round) => `- address: 10.250.${round}.7` },
];

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const keyOf = ({ kind, metadata }: Resource): string => `${kind}/${metadata.namespace}/${metadata.name}`;

const main = (): CompileFigures => {
  const resources = texts.flatMap(parsed);
  const proxies = [...new Set(resources.map(({ metadata }) => metadata.namespace))].filter((name) => name.startsWith('ns-')).map(sidecarIn);
  const scratchMs = Math.round(compile(resources, proxies));
  const changed = edits.map(({ kind, pattern, to }) => {
    const candidates = texts.filter((text) => pattern.test(text));
    const times = Array.from({ length: rounds }, (_, round) => {
      const text = candidates[(round * 37) % candidates.length] ?? '';
      const objects = new Map(
        parsed(text.replace(pattern, to(round)))
          .filter((resource) => resource.kind === kind)
          .map((resource) => [keyOf(resource), resource]),
      );
      return compile(
        resources.map((resource) => objects.get(keyOf(resource)) ?? resource),
        proxies,
      );
    });
    return [kind, Number(median(times).toFixed(1))] as const;
  });
  return { scratchMs, classes: proxies.length, changedMs: Object.fromEntries(changed) };
};

console.log(JSON.stringify(main()));
