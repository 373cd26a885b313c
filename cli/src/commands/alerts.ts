import { type AlertMatcher, type AlertStatus, type AlertsStatus, parsePeriod, type ReceiverStatus, type SilenceStatus } from '@weft/model';
import { Command, InvalidArgumentError, Option } from 'commander';
import { span } from '../ago.ts';
import type { Cli } from '../cli.ts';
import { type Column, data, type Format, namespaceOption, outputOption, table } from '../output.ts';
import type { Terminal } from '../terminal.ts';

const state = (alert: AlertStatus, { paint }: Terminal): string => {
  const muted = alert.muted ? ` (${alert.muted.by === 'silence' ? 'silenced' : 'explained by another'})` : '';
  const colour = { pending: paint.yellow, firing: paint.red, resolved: paint.green }[alert.state];
  return `${colour(alert.state)}${muted}`;
};

const about = ({ labels: { alertname: _, severity: __, ...labels } }: AlertStatus): string =>
  Object.entries(labels)
    .map((pair) => pair.join('='))
    .join(' ');

const columns = (terminal: Terminal, now: number): readonly Column<AlertStatus>[] => [
  { title: 'STATE', value: (alert) => state(alert, terminal) },
  { title: 'SINCE', value: ({ since }) => span(now - since) },
  { title: 'ALERT', value: ({ name }) => name },
  { title: 'SEVERITY', value: ({ labels }) => labels['severity'] ?? '' },
  { title: 'ABOUT', value: about },
  { title: 'REASON', value: ({ reason }) => reason },
  { title: 'TELLS', value: ({ receivers }) => receivers.join(','), wide: true },
];

const receiverColumns = ({ paint }: Terminal, now: number): readonly Column<ReceiverStatus>[] => [
  { title: 'RECEIVER', value: ({ name }) => name },
  { title: 'TOLD', value: ({ told }) => String(told) },
  { title: 'LAST', value: ({ lastToldAt }) => (lastToldAt === undefined ? '' : `${span(now - lastToldAt)} ago`) },
  {
    title: 'STATUS',
    value: ({ failing, remark }) =>
      failing
        ? paint.red(`failed ${failing.failures} times, again in ${span(Math.max(0, failing.retryAt - now))}: ${failing.reason}`)
        : remark === undefined
          ? paint.green('ok')
          : paint.yellow(remark),
  },
];

const silenceColumns: readonly Column<SilenceStatus>[] = [
  { title: 'ID', value: ({ id }) => id },
  {
    title: 'MATCHES',
    value: ({ matchers }) => matchers.map(({ name, matchType = '=', value }) => `${name}${matchType}${value}`).join(' '),
  },
  { title: 'FROM', value: ({ from }) => new Date(from).toISOString() },
  { title: 'TO', value: ({ to }) => new Date(to).toISOString() },
  { title: 'BY', value: ({ by }) => by },
  { title: 'COMMENT', value: ({ comment }) => comment },
];

interface ListOptions {
  readonly namespace?: string;
  readonly output?: Format;
}

const loudest = ['firing', 'pending', 'resolved'];

const list = async ({ api, terminal }: Cli, { namespace, output }: ListOptions): Promise<void> => {
  const all = await api.alerts();
  const items = all.items
    .filter(({ labels }) => namespace === undefined || labels['namespace'] === namespace)
    .sort((a, b) => loudest.indexOf(a.state) - loudest.indexOf(b.state) || b.since - a.since);
  const shown: AlertsStatus = { ...all, items };
  const text = data(shown, output);
  if (text) return terminal.out(text);
  const now = Date.now();
  if (items.length === 0) terminal.err('no alerts');
  else terminal.out(table(items, columns(terminal, now), output));
  if (all.leftOut !== undefined) terminal.err(`${all.leftOut} more are left out: a rule has 500 at most`);
  if (all.receivers.length === 0) terminal.err('nobody is told: there is no AlertRoute');
  else terminal.out(`\n${table(all.receivers, receiverColumns(terminal, now))}`);
};

/** `severity=page`, `objective=~pay.*`; as amtool reads them. */
const matcher = (text: string, before: readonly AlertMatcher[] = []): readonly AlertMatcher[] => {
  const [, name, matchType, value] = /^([a-zA-Z_][a-zA-Z0-9_]*)(=~|!~|!=|=)"?(.*?)"?$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('write LABEL=VALUE, with =, !=, =~ or !~.');
  return [...before, { name, matchType: matchType as NonNullable<AlertMatcher['matchType']>, value }];
};

const period = (text: string): number => {
  const length = parsePeriod(text);
  if (length === undefined) throw new InvalidArgumentError('write a time like 30m, 2h or 3d.');
  return length;
};

interface SilenceOptions {
  readonly for: number;
  readonly by?: string;
  readonly comment: string;
  readonly output?: Format;
}

const silence = async ({ api, terminal, env }: Cli, matchers: readonly AlertMatcher[], options: SilenceOptions): Promise<void> => {
  const by = options.by ?? env['SUDO_USER'] ?? env['USER'] ?? 'somebody';
  const made = await api.silence({ matchers, to: Date.now() + options.for, by, comment: options.comment });
  terminal.out(data(made, options.output) ?? made.id);
};

const silenceCommand = (cli: Cli): Command =>
  new Command('silence')
    .description('tell nobody of alerts with these labels, for a while')
    .argument('<matcher...>', 'LABEL=VALUE, with =, !=, =~ or !~; all of them have to match', matcher)
    .addOption(new Option('--for <time>', 'how long').argParser(period).default(2 * 3_600_000, '2h'))
    .option('--by <name>', 'who wants it so (default: you)')
    .option('--comment <text>', 'why', '')
    .addOption(outputOption('json', 'yaml'))
    .action((matchers: readonly AlertMatcher[], options: SilenceOptions) => silence(cli, matchers, options));

export const alertsCommand = (cli: Cli): Command =>
  new Command('alerts')
    .description('what is wrong in the mesh, since when and why, and who was told')
    .addOption(namespaceOption())
    .addOption(outputOption('json', 'yaml', 'wide'))
    .action((options: ListOptions) => list(cli, options))
    .addCommand(silenceCommand(cli))
    .addCommand(
      new Command('silences')
        .description('list what nobody is told of')
        .addOption(outputOption('json', 'yaml'))
        .action(async ({ output }: { readonly output?: Format }) => {
          const items = await cli.api.silences();
          cli.terminal.out(data({ items }, output) ?? table(items, silenceColumns));
        }),
    )
    .addCommand(
      new Command('unsilence')
        .description('end a silence before its time')
        .argument('<id>', 'of the silence')
        .action(async (id: string) => {
          await cli.api.unsilence(id);
          cli.terminal.err(`silence ${id} is over`);
        }),
    );
