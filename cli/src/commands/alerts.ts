import { type AlertMatcher, type AlertStatus, type AlertsStatus, parsePeriod, type ReceiverStatus, type SilenceStatus } from '@weft/model';
import { Command, InvalidArgumentError, Option } from 'commander';
import { span } from '../ago.ts';
import type { Cli } from '../cli.ts';
import { Failure } from '../exit.ts';
import { type Column, data, type Format, namespaceOption, outputOption, printable, table } from '../output.ts';
import type { Terminal } from '../terminal.ts';

const state = (alert: AlertStatus, { paint }: Terminal): string => {
  const muted = alert.muted ? ` (${alert.muted.by === 'silence' ? 'silenced' : 'explained by another'})` : '';
  const colour = { pending: paint.yellow, firing: paint.red, resolved: paint.green }[alert.state];
  return `${colour(alert.state)}${muted}`;
};

/** Labels and reasons may hold what a metric's labels, or another server, said. */
const about = ({ labels: { alertname: _, severity: __, ...labels } }: AlertStatus): string =>
  Object.entries(labels)
    .map((pair) => printable(pair.join('=')))
    .join(' ');

const columns = (terminal: Terminal, now: number): readonly Column<AlertStatus>[] => [
  { title: 'STATE', value: (alert) => state(alert, terminal) },
  { title: 'SINCE', value: ({ since }) => span(now - since) },
  { title: 'ALERT', value: ({ name }) => name },
  { title: 'SEVERITY', value: ({ labels }) => labels['severity'] ?? '' },
  { title: 'ABOUT', value: about },
  { title: 'REASON', value: ({ reason }) => printable(reason) },
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
        ? paint.red(`failed ${failing.failures} times, again in ${span(Math.max(0, failing.retryAt - now))}: ${printable(failing.reason)}`)
        : remark === undefined
          ? paint.green('ok')
          : paint.yellow(printable(remark)),
  },
];

const silenceColumns: readonly Column<SilenceStatus>[] = [
  { title: 'ID', value: ({ id }) => id },
  {
    title: 'MATCHES',
    value: ({ matchers }) => matchers.map(({ name, matchType = '=', value }) => printable(`${name}${matchType}${value}`)).join(' '),
  },
  { title: 'FROM', value: ({ from }) => new Date(from).toISOString() },
  { title: 'TO', value: ({ to }) => new Date(to).toISOString() },
  { title: 'BY', value: ({ by }) => printable(by) },
  { title: 'COMMENT', value: ({ comment }) => printable(comment) },
];

interface ListOptions {
  readonly namespace?: string;
  readonly output?: Format;
}

const loudest = ['firing', 'pending', 'resolved'];

const details = (
  alert: AlertStatus,
  all: AlertsStatus,
  { terminal, now }: { readonly terminal: Terminal; readonly now: number },
): string => {
  const { muted, receivers, summary, reason, since, name, labels } = alert;
  const told = all.receivers.filter((receiver) => receivers.includes(receiver.name));
  return [
    `${state(alert, terminal)} since ${new Date(since).toISOString()} (${span(now - since)})`,
    `   alert     ${printable(name)}, ${printable(labels['severity'] ?? '')}: ${printable(summary)}`,
    `   about     ${about(alert)}`,
    `   reason    ${printable(reason)}`,
    ...(muted ? [`   muted     by ${muted.by === 'silence' ? 'silence' : 'alert'} ${printable(muted.id)}`] : []),
    ...(told.length === 0 ? ['   tells     nobody: no AlertRoute asks for it'] : ['', table(told, receiverColumns(terminal, now))]),
  ].join('\n');
};

const show = async ({ api, terminal }: Cli, name: string, { namespace, output }: ListOptions): Promise<void> => {
  const all = await api.alerts();
  const items = all.items.filter((alert) => alert.name === name && (namespace === undefined || alert.labels['namespace'] === namespace));
  if (items.length === 0) throw new Failure(`there is no alert ${name}; \`weft alerts\` lists those that there are`);
  const now = Date.now();
  terminal.out(data({ items }, output) ?? items.map((alert) => details(alert, all, { terminal, now })).join('\n\n'));
};

const test = async ({ api, terminal }: Cli, name: string, { output }: ListOptions): Promise<void> => {
  const result = await api.testReceiver(name);
  const text = data(result, output);
  if (text) terminal.out(text);
  else if (result.told) terminal.out(`${name} was told of an alert \`weft-test\`, and of its end`);
  if (result.told && result.remark !== undefined) terminal.err(printable(result.remark));
  if (!result.told) throw new Failure(`${name} could not be told: ${printable(result.reason)}`);
};

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
  const { items } = await api.alerts();
  const silenced = items.filter(({ muted }) => muted?.by === 'silence' && muted.id === made.id).length;
  const count = silenced === 0 ? 'no alert is like this now' : `${silenced} ${silenced === 1 ? 'alert is' : 'alerts are'} silenced`;
  terminal.err(`${count}; until ${new Date(made.to).toISOString()}`);
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
    .addCommand(
      new Command('show')
        .description('all that is known of an alert: since when, why, and who is told')
        .argument('<alert>', 'as it is called')
        .addOption(namespaceOption())
        .addOption(outputOption('json', 'yaml'))
        .action((name: string, options: ListOptions) => show(cli, name, options)),
    )
    .addCommand(
      new Command('test')
        .description('tell a receiver of an alert that is none, and of its end')
        .argument('<receiver>', 'as `weft alerts` lists it: NAMESPACE/ROUTE/INDEX/KIND')
        .addOption(outputOption('json', 'yaml'))
        .action((name: string, options: ListOptions) => test(cli, name, options)),
    )
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
