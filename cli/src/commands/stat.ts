import { findKind, type GoldenSignals, type Saturation, type SignalSubject, type SignalsAnswer, type SignalsSearch } from '@weft/model';
import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { type Column, data, type Format, namespaceOption, outputOption, table } from '../output.ts';
import { amount, bytes, milliseconds as inWords, percent } from '../signals/text.ts';
import { lookBack } from '../times.ts';

/** What may be asked for, and which labels its names are. */
interface Asked {
  readonly of: SignalSubject;
  readonly name?: string;
  readonly namespace?: string;
}

const services: Asked = { of: 'service', name: 'destination_service_name', namespace: 'destination_service_namespace' };
const workloads: Asked = { of: 'workload', name: 'destination_workload', namespace: 'destination_workload_namespace' };

const byWord: Readonly<Record<string, Asked>> = {
  mesh: { of: 'mesh' },
  versions: { ...workloads, of: 'version' },
  edges: { ...services, of: 'edge' },
  routes: { of: 'route', name: 'route', namespace: 'destination_service_namespace' },
  callers: { of: 'caller', name: 'source_workload', namespace: 'source_workload_namespace' },
};

const byKind: Readonly<Record<string, Asked>> = {
  Namespace: { of: 'namespace', name: 'destination_service_namespace' },
  Service: services,
  ServiceEntry: services,
  Deployment: workloads,
};

const askedBy = (word: string): Asked => {
  const asked = byWord[word] ?? byWord[`${word}s`] ?? byKind[findKind(word)?.kind ?? ''];
  if (!asked) throw new Failure(`${word}: write deploy, service, namespace, versions, callers, edges, routes or mesh`, exitCodes.usage);
  return asked;
};

interface StatOptions {
  readonly namespace?: string;
  readonly from?: string;
  readonly since: number;
  readonly output?: Format;
}

const searchOf = (what: string, { namespace, from, since }: StatOptions, now: number): SignalsSearch => {
  const [word = '', name] = what.split('/', 2);
  const asked = askedBy(word);
  const where = {
    ...(name && asked.name && { [asked.name]: [name] }),
    ...(namespace && asked.namespace && { [asked.namespace]: [namespace] }),
    ...(from && { source_workload: [from.replace(/^.*\//, '')] }),
  };
  return { of: asked.of, from: now - since, to: now, where };
};

const label =
  (name: string) =>
  ({ labels }: GoldenSignals): string =>
    labels[name] ?? '';

const identity: Readonly<Record<SignalSubject, readonly Column<GoldenSignals>[]>> = {
  mesh: [],
  namespace: [{ title: 'NAMESPACE', value: label('destination_service_namespace') }],
  service: [
    { title: 'NAMESPACE', value: label('destination_service_namespace') },
    { title: 'SERVICE', value: label('destination_service_name') },
  ],
  workload: [
    { title: 'NAMESPACE', value: label('destination_workload_namespace') },
    { title: 'WORKLOAD', value: label('destination_workload') },
  ],
  version: [
    { title: 'NAMESPACE', value: label('destination_workload_namespace') },
    { title: 'WORKLOAD', value: label('destination_workload') },
    { title: 'VERSION', value: label('destination_version') },
  ],
  edge: [
    { title: 'FROM', value: ({ labels }) => `${labels['source_workload_namespace']}/${labels['source_workload']}` },
    { title: 'TO', value: ({ labels }) => `${labels['destination_service_namespace']}/${labels['destination_service_name']}` },
  ],
  route: [
    { title: 'NAMESPACE', value: label('destination_service_namespace') },
    { title: 'SERVICE', value: label('destination_service_name') },
    { title: 'ROUTE', value: label('route') },
  ],
  caller: [
    { title: 'NAMESPACE', value: label('source_workload_namespace') },
    { title: 'CALLER', value: label('source_workload') },
    { title: 'IDENTITY', value: label('source_principal'), wide: true },
  ],
};

/** The nearest to its limit, and what the workload uses. */
const fullText = ({
  connections,
  pendingRequests,
  overflowed,
  proxyCpu,
  applicationCpu,
  proxyMemory,
  applicationMemory,
  measured = {},
}: Saturation = {}): string => {
  const cores = applicationCpu ?? proxyCpu;
  const memory = applicationMemory ?? proxyMemory;
  return [
    ...(connections === undefined ? [] : [`connections ${percent(connections)}`]),
    ...(pendingRequests === undefined ? [] : [`waiting ${percent(pendingRequests)}`]),
    ...Object.entries(measured).map(([name, share]) => `${name} ${percent(share)}`),
    ...(overflowed === undefined ? [] : [`${amount(overflowed)} refused`]),
    ...(cores === undefined ? [] : [`${cores.toFixed(2)} CPU`]),
    ...(memory === undefined ? [] : [`${Math.round(memory / 1e6)} MB`]),
  ].join(', ');
};

const figures: readonly Column<GoldenSignals>[] = [
  { title: 'SUCCESS', value: ({ failedShare }) => (failedShare === undefined ? '' : percent(1 - failedShare)) },
  { title: 'RPS', value: ({ requests, requestsPerSecond }) => (requests === 0 ? '' : amount(requestsPerSecond)) },
  { title: 'P50', value: ({ latency }) => (latency ? inWords(latency.p50) : '') },
  { title: 'P95', value: ({ latency }) => (latency ? inWords(latency.p95) : '') },
  { title: 'P99', value: ({ latency }) => (latency ? inWords(latency.p99) : '') },
  { title: 'REQUESTS', value: ({ requests }) => amount(requests) },
  { title: 'FAILED', value: ({ failed }) => amount(failed) },
  { title: 'TCP CONNECTIONS', value: ({ connectionsOpened }) => amount(connectionsOpened) },
  { title: 'RECEIVED', value: ({ bytesReceived }) => bytes(bytesReceived), wide: true },
  { title: 'SENT', value: ({ bytesSent }) => bytes(bytesSent), wide: true },
  { title: 'FULL', value: ({ saturation }) => fullText(saturation) },
  { title: 'MOST FAILED BECAUSE', value: ({ reasons }) => reasons[0]?.words ?? '' },
];

/** Whose figures may be too low. */
const gapText = ({ items }: SignalsAnswer, columns: readonly Column<GoldenSignals>[]): string => {
  const names = items
    .filter(({ gap }) => gap)
    .map(
      (item) =>
        columns
          .filter(({ wide }) => !wide)
          .map(({ value }) => value(item))
          .join('/') || 'the mesh',
    );
  return names.length === 0 ? '' : `figures may be too low, since a proxy was killed or not read for a while: ${names.join(', ')}`;
};

export const statCommand = (cli: Cli): Command =>
  new Command('stat')
    .description('traffic, errors and latency of services, workloads, versions, callers')
    .argument('<what>', 'deploy, service, namespace, versions, callers, edges, routes or mesh; one of them: deploy/web')
    .addOption(namespaceOption())
    .option('--from <workload>', 'only what this one called')
    .addOption(new Option('--since <time>', 'over the last').argParser(lookBack()).default(600_000, '10m'))
    .addOption(outputOption('json', 'yaml', 'wide'))
    .action(async (what: string, options: StatOptions) => {
      const { api, terminal } = cli;
      const search = searchOf(what, options, Date.now());
      const answer = await api.signals(search);
      const drawn = data(answer, options.output);
      if (drawn !== undefined) return terminal.out(drawn);
      terminal.out(table(answer.items, [...identity[search.of], ...figures], options.output));
      if (answer.items.length === 0) terminal.err('nothing of the kind was called in this time');
      const gaps = gapText(answer, identity[search.of]);
      if (gaps !== '') terminal.err(gaps);
      if (answer.since !== undefined)
        terminal.err(`nobody looked before ${new Date(answer.since).toISOString()}: rates are over the time since`);
      else if (answer.known < 0.999) terminal.err(`nobody looked in ${percent(1 - answer.known)} of this time: figures may be too low`);
    });
