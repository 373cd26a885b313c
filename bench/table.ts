/** What was measured, beside what is aimed at and what istiod needed for the same (1,000 services, 100 proxies). */

export interface Figures {
  readonly bytesPerProxy?: number;
  readonly resourcesPerProxy?: number;
  readonly cpuSeconds?: number;
  readonly lastMs?: number;
  readonly rssMB?: number;
}

/** Milliseconds of CPU in a process that does nothing else, for as many classes of proxies. */
export interface CompileFigures {
  readonly scratchMs: number;
  readonly classes: number;
  /** By what the one that changed was. */
  readonly changedMs: Readonly<Record<string, number>>;
}

/** Milliseconds of `weft explain` on files, from start to end. */
export interface ExplainFigures {
  readonly exampleMs: number;
  readonly meshMs: number;
}

/** A sidecar pair as Weft configures it; ratios are to the least that serves, above 1 where Weft's is worse. */
export interface PairFigures {
  readonly perSecond: number;
  readonly p99Ms: number;
  /** CPU of both proxies for each request. */
  readonly microseconds: number;
  readonly throughput: number;
  readonly p99: number;
  readonly cpu: { readonly client: number; readonly server: number; readonly both: number };
  /** Each with what stands before it. */
  readonly telling: { readonly metrics: TellingFigures; readonly records: TellingFigures; readonly spans: TellingFigures };
}

/** CPU for each request, to that of the same proxies that tell nothing of it. */
export interface TellingFigures {
  readonly client: number;
  readonly server: number;
}

/** By how callers speak HTTP. */
export interface DataPathFigures {
  readonly http1: PairFigures;
  readonly http2: PairFigures;
}

export interface Results {
  readonly dataPath: DataPathFigures;
  readonly explain: ExplainFigures;
  readonly compile: CompileFigures;
  readonly routeChange: Figures;
  readonly endpointChange: Figures;
  readonly firstSync: Figures;
  readonly reconnect: Figures;
  readonly eventLoopStallMs: number;
  readonly proxies: number;
  readonly connecting: number;
}

type Row = readonly [what: string, measured: string, must: string, aim: string, istiod: string];

const number = (value: number | undefined, digits: number, unit: string): string =>
  value === undefined ? '–' : `${value.toFixed(digits)} ${unit}`;
const size = (bytes: number | undefined): string => {
  if (bytes === undefined) return '–';
  if (bytes < 10_000) return `${Math.round(bytes)} B`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} KB` : `${(bytes / 1e6).toFixed(2)} MB`;
};

const compileRows = ({ scratchMs, classes, changedMs }: CompileFigures): readonly Row[] => [
  [`compiling the whole mesh for ${classes} namespaces, from scratch`, number(scratchMs, 0, 'ms'), '1500 ms', '', ''],
  ...Object.entries(changedMs).map(([kind, ms]): Row => [`  after one ${kind} changed`, number(ms, 1, 'ms'), '20 ms', '', '']),
];

const pairRows = (name: string, { perSecond, p99Ms, microseconds, throughput, p99, cpu, telling }: PairFigures): readonly Row[] => [
  [`sidecar pair, ten policies, ${name}, ${perSecond}/s: throughput of a minimal pair to its`, number(throughput, 2, ''), '', '1.15', ''],
  [`  p99 (${number(p99Ms, 1, 'ms')}) to a minimal pair's`, number(p99, 2, ''), '', '1.15', ''],
  [`  CPU of both (${number(microseconds, 0, 'µs')}) to a minimal pair's`, number(cpu.both, 2, ''), '', '1.15', ''],
  ["  the caller's side alone", number(cpu.client, 2, ''), '', '', ''],
  ["  the server's side alone", number(cpu.server, 2, ''), '', '', ''],
  ['  with metrics, the server’s side to the same without', number(telling.metrics.server, 2, ''), '1.20', '1.12', ''],
  ['  with metrics and records', number(telling.records.server, 2, ''), '1.40', '1.30', ''],
  ['  with metrics, records and 1 % of the spans', number(telling.spans.server, 2, ''), '', '', ''],
];

const rows = ({
  dataPath,
  compile,
  explain,
  routeChange,
  endpointChange,
  firstSync,
  reconnect,
  eventLoopStallMs,
  proxies,
  connecting,
}: Results): readonly Row[] => [
  ['one VirtualService changes: bytes to each proxy', size(routeChange.bytesPerProxy), '2 KB', '1 KB', '1,020 KB'],
  ['  CPU of the control plane', number(routeChange.cpuSeconds, 2, 's'), '0.5 s', '0.1 s', '5.7-6.6 s'],
  ['  last proxy has it', number(routeChange.lastMs, 0, 'ms'), '500 ms', '250 ms', '6.2-7.5 s'],
  ['one endpoint changes: bytes to each proxy', size(endpointChange.bytesPerProxy), '', '', '2 KB'],
  ['  CPU of the control plane', number(endpointChange.cpuSeconds, 2, 's'), '0.3 s', '0.1 s', '2.3-2.9 s'],
  ['  last proxy has it', number(endpointChange.lastMs, 0, 'ms'), '500 ms', '250 ms', '2.8-3.3 s'],
  [`first synchronisation of ${proxies} proxies: bytes to each`, size(firstSync.bytesPerProxy), '', '', '8.1 MB'],
  ['  resources to each', String(firstSync.resourcesPerProxy ?? '–'), '', '', '6,007'],
  ['  CPU of the control plane', number(firstSync.cpuSeconds, 1, 's'), '16 s', '8 s', '39 s'],
  ['  last proxy has it', number(firstSync.lastMs, 0, 'ms'), '', '', '39 s'],
  ['  peak memory (RSS)', number(firstSync.rssMB, 0, 'MB'), '700 MB', '500 MB', '1,174 MB'],
  ['reconnect of an unchanged proxy: resources sent', String(reconnect.resourcesPerProxy ?? '–'), '0', '0', ''],
  ['  CPU of the control plane, all proxies', number(reconnect.cpuSeconds, 2, 's'), '', '', ''],
  [`event loop stalls while ${connecting} proxies connect at once`, number(eventLoopStallMs, 0, 'ms'), '200 ms', '', ''],
  ...compileRows(compile),
  ['`weft explain` on the files of examples/shop', number(explain.exampleMs, 0, 'ms'), '300 ms', '', ''],
  ['`weft explain` on the files of the whole mesh', number(explain.meshMs, 0, 'ms'), '2000 ms', '', ''],
  ...pairRows('HTTP/1.1', dataPath.http1),
  ...pairRows('HTTP/2', dataPath.http2),
];

export const printed = (results: Results): string => {
  const table: readonly Row[] = [['', 'measured', 'must reach', 'aim', 'istiod'], ...rows(results)];
  const widths = table.reduce((wide, row) => row.map((cell, i) => Math.max(cell.length, wide[i] ?? 0)), [] as number[]);
  return table
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '))
    .join('\n');
};
