import { type AuditAction, type AuditDetails, type AuditEntry, auditActions } from '@weft/model';
import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { differenceText } from '../history/text.ts';
import { brief, type Column, data, type Format, namespaceOption, outputOption, printable, table } from '../output.ts';
import { moment } from '../times.ts';

interface AuditOptions {
  readonly since: number;
  readonly until?: number;
  readonly namespace?: string;
  readonly user?: string;
  readonly action?: AuditAction;
  readonly about?: string;
  readonly refused?: boolean;
  readonly changes?: boolean;
  readonly output?: Format;
}

const dayMs = 24 * 3_600_000;

const most = 1000;
/** Of those that are shown with their objects. */
const mostWithChanges = 200;

const columns = ({ terminal }: Cli): readonly Column<AuditEntry>[] => [
  { title: 'WHEN', value: ({ at }) => new Date(at).toISOString() },
  { title: 'WHO', value: ({ by }) => printable(by.user) },
  { title: 'ROLE', value: ({ by }) => by.role ?? '' },
  { title: 'BY', value: ({ by: { how, address } }) => `${how}${address === undefined ? '' : ` ${address}`}`, wide: true },
  { title: 'DID', value: ({ action, result }) => (result === 'done' ? action : terminal.paint.red(`${action} (refused)`)) },
  { title: 'REVISION', value: ({ revision }) => (revision === undefined ? '' : String(revision)) },
  { title: 'ABOUT', value: ({ about, reason }) => brief(reason === undefined ? about : `${about}: ${reason}`) },
];

/** Each entry, and below it what changed. */
const withChanges = (cli: Cli, items: readonly AuditDetails[], output: Format | undefined): string => {
  const [title = '', ...rows] = table(items, columns(cli), output).split('\n');
  const entries = rows.map((row, at) => [row, ...(items[at]?.changes ?? []).map((change) => differenceText(change, cli.terminal))]);
  return [title, ...entries.map((lines) => lines.join('\n'))].join('\n');
};

const list = async (cli: Cli, { since, until, refused, output, ...asked }: AuditOptions): Promise<void> => {
  const limit = asked.changes ? mostWithChanges : most;
  const time = { from: since, ...(until !== undefined && { to: until }) };
  const items = await cli.api.audit({ ...asked, ...time, limit, ...(refused && { result: 'refused' }) });
  const text = data({ items }, output);
  if (text) return cli.terminal.out(text);
  if (items.length === 0) cli.terminal.err('nobody did anything in this time');
  else cli.terminal.out(asked.changes ? withChanges(cli, items, output) : table(items, columns(cli), output));
  if (items.length === limit) cli.terminal.err(`the newest ${limit}; ask for less`);
};

export const auditCommand = (cli: Cli): Command =>
  new Command('audit')
    .description('who changed or ran what, when, and what was refused')
    .addOption(
      new Option('--since <time>', 'not before: a date, or how long ago').argParser(moment(Date.now)).default(Date.now() - dayMs, '24h'),
    )
    .addOption(new Option('--until <time>', 'not after: a date, or how long ago').argParser(moment(Date.now)))
    .addOption(namespaceOption())
    .option('--user <name>', 'what this one did')
    .addOption(new Option('--action <what>', 'of this sort').choices([...auditActions]))
    .option('--about <text>', 'what was done to this: a name, or a piece of one')
    .option('--refused', 'only what was refused')
    .option('--changes', 'with objects before and after')
    .addOption(outputOption('json', 'yaml', 'wide'))
    .action((options: AuditOptions) => list(cli, options));
