import { type AuditAction, type AuditEntry, auditActions } from '@weft/model';
import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { brief, type Column, data, type Format, outputOption, printable, table } from '../output.ts';
import { milliseconds } from '../times.ts';

interface AuditOptions {
  readonly since: number;
  readonly user?: string;
  readonly action?: AuditAction;
  readonly about?: string;
  readonly refused?: boolean;
  readonly output?: Format;
}

const most = 1000;

const columns = ({ terminal }: Cli): readonly Column<AuditEntry>[] => [
  { title: 'WHEN', value: ({ at }) => new Date(at).toISOString() },
  { title: 'WHO', value: ({ by }) => printable(by.user) },
  { title: 'ROLE', value: ({ by }) => by.role ?? '' },
  { title: 'BY', value: ({ by: { how, address } }) => `${how}${address === undefined ? '' : ` ${address}`}`, wide: true },
  { title: 'DID', value: ({ action, result }) => (result === 'done' ? action : terminal.paint.red(`${action} (refused)`)) },
  { title: 'REVISION', value: ({ revision }) => (revision === undefined ? '' : String(revision)) },
  { title: 'ABOUT', value: ({ about, reason }) => brief(reason === undefined ? about : `${about}: ${reason}`) },
];

const list = async (cli: Cli, { since, refused, output, ...asked }: AuditOptions): Promise<void> => {
  const items = await cli.api.audit({ ...asked, from: Date.now() - since, limit: most, ...(refused && { result: 'refused' }) });
  const text = data({ items }, output);
  if (text) return cli.terminal.out(text);
  if (items.length === 0) cli.terminal.err('nobody did anything in this time');
  else cli.terminal.out(table(items, columns(cli), output));
  if (items.length === most) cli.terminal.err(`the newest ${most}; ask for less`);
};

export const auditCommand = (cli: Cli): Command =>
  new Command('audit')
    .description('who changed or ran what, when, and what was refused')
    .addOption(new Option('--since <time>', 'how far back').argParser(milliseconds).default(24 * 3_600_000, '24h'))
    .option('--user <name>', 'what this one did')
    .addOption(new Option('--action <what>', 'of this sort').choices([...auditActions]))
    .option('--about <text>', 'what was done to this: a name, or a piece of one')
    .option('--refused', 'only what was refused')
    .addOption(outputOption('json', 'yaml', 'wide'))
    .action((options: AuditOptions) => list(cli, options));
