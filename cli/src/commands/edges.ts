import type { Callee, Caller, Edge, Topology, TopologySearch, VanishedEdge } from '@weft/model';
import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { type Column, data, type Format, namespaceOption, outputOption, table } from '../output.ts';
import { amount, bytes, milliseconds as inWords, percent } from '../signals/text.ts';
import { lookBack, moment } from '../times.ts';

const outside = 'outside the mesh';

/** As weftd calls nodes of the graph. */
const nodeText = (node: string): string => (node === 'outside' ? outside : node);

const callerText = ({ kind, namespace, name, version }: Caller): string => {
  if (kind === 'outside') return outside;
  return `${namespace}/${name}${kind === 'gateway' ? ' (gateway)' : version === '' ? '' : ` ${version}`}`;
};

const calleeText = ({ kind, host, namespace, name }: Callee): string =>
  kind === 'external' ? `${host} (external)` : `${namespace}/${name}`;

const workloadText = ({ workload }: Callee): string => (workload ? `${workload.name} ${workload.version}`.trim() : '');

const coloured = ({ terminal: { paint } }: Cli, text: string): string => {
  if (text === 'failing' || text === 'plaintext') return paint.red(text);
  return text === 'degraded' || text === 'mixed' ? paint.yellow(text) : text;
};

const ends: readonly Column<Pick<Edge, 'caller' | 'callee' | 'protocol'>>[] = [
  { title: 'FROM', value: ({ caller }) => callerText(caller) },
  { title: 'TO', value: ({ callee }) => calleeText(callee) },
  { title: 'WORKLOAD', value: ({ callee }) => workloadText(callee) },
  { title: 'PROTOCOL', value: ({ protocol }) => protocol },
];

const columns = (cli: Cli): readonly Column<Edge>[] => [
  ...ends,
  { title: 'MTLS', value: ({ mtls }) => coloured(cli, mtls) },
  { title: 'RPS', value: ({ requests, requestsPerSecond }) => (requests === 0 ? '' : amount(requestsPerSecond)) },
  { title: 'SUCCESS', value: ({ requests, failed }) => (requests === 0 ? '' : percent(1 - failed / requests)) },
  { title: 'P95', value: ({ latency }) => (latency ? inWords(latency.p95) : '') },
  { title: 'CONNECTIONS', value: ({ connectionsOpened }) => amount(connectionsOpened) },
  { title: 'RECEIVED', value: ({ bytesReceived }) => bytes(bytesReceived), wide: true },
  { title: 'SENT', value: ({ bytesSent }) => bytes(bytesSent), wide: true },
  { title: 'HEALTH', value: ({ health }) => coloured(cli, health) },
];

const goneColumns: readonly Column<VanishedEdge>[] = [
  ...ends,
  { title: 'LAST SEEN', value: ({ lastSeen }) => new Date(lastSeen).toISOString() },
];

/** Nobody talked, or nobody looked: then no revision was in force either. */
const silence = ({ from, to, revisions }: Topology): string =>
  `${revisions.length === 0 ? 'nothing is known of' : 'nobody called anybody in'} ${new Date(from).toISOString()} to ${new Date(to).toISOString()}`;

const draw = (cli: Cli, { edges, vanished, revisions, impact }: Topology, format: Format | undefined): string => {
  const parts = [table(edges, columns(cli), format)];
  if (vanished.length > 0) parts.push('', 'Not seen any more:', table(vanished, goneColumns));
  if (impact) {
    parts.push('', `${impact.node} is needed by: ${impact.upstream.map(nodeText).join(', ') || 'nobody'}`);
    parts.push(`${impact.node} needs: ${impact.downstream.join(', ') || 'nobody'}`);
  }
  if (format === 'wide' && revisions.length > 0) parts.push('', `Revisions in force: ${revisions.join(', ')}`);
  return parts.join('\n');
};

interface EdgesOptions {
  readonly namespace?: string;
  readonly since: number;
  readonly at?: number;
  readonly impact?: string;
  readonly output?: Format;
}

const searchOf = ({ namespace, since, at, impact }: EdgesOptions, now: number): TopologySearch => ({
  from: (at ?? now) - since,
  to: at ?? now,
  ...(namespace && { namespace }),
  ...(impact && { node: impact }),
});

export const edgesCommand = (cli: Cli): Command =>
  new Command('edges')
    .description('who talks to whom: rate, errors, latency and mutual TLS, now or as it was')
    .addOption(namespaceOption())
    .addOption(new Option('--since <time>', 'over the last').argParser(lookBack()).default(600_000, '10m'))
    .addOption(new Option('--at <time>', 'as it was then: a date, or how long ago').argParser(moment(Date.now)))
    .option('--impact <node>', 'also who needs this one, and whom it needs: namespace/name')
    .addOption(outputOption('json', 'yaml', 'wide'))
    .action(async (options: EdgesOptions) => {
      const topology = await cli.api.edges(searchOf(options, Date.now()));
      cli.terminal.out(data(topology, options.output) ?? draw(cli, topology, options.output));
      if (topology.edges.length === 0) cli.terminal.err(silence(topology));
    });
