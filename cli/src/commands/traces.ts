import type { TraceSearch, TraceSummary } from '@weft/model';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { type Column, data, type Format, namespaceOption, outputOption, table } from '../output.ts';
import { lookBack, milliseconds } from '../times.ts';
import { durationText } from '../traces/text.ts';

interface TracesOptions {
  readonly service?: string;
  readonly namespace?: string;
  readonly since: number;
  readonly minDuration?: number;
  readonly maxDuration?: number;
  readonly status?: 'ok' | 'error';
  readonly limit: number;
  readonly output?: Format;
}

const count = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('write a number like 20.');
  return number;
};

const columns = ({ terminal: { paint } }: Cli): readonly Column<TraceSummary>[] => [
  { title: 'TRACE', value: ({ id }) => id },
  { title: 'BEGAN', value: ({ at }) => new Date(at).toISOString() },
  { title: 'DURATION', value: ({ duration }) => durationText(duration) },
  { title: 'SPANS', value: ({ spans }) => String(spans) },
  { title: 'FAILED', value: ({ failed }) => (failed === 0 ? '0' : paint.red(String(failed))) },
  { title: 'BEGAN WITH', value: ({ namespace, service, name }) => `${namespace}/${service} ${name}` },
  { title: 'SERVICES', value: ({ services }) => services.join(', '), wide: true },
];

const searchOf = ({ since, status, output: _, ...rest }: TracesOptions, now: number): TraceSearch => ({
  ...rest,
  from: now - since,
  to: now,
  ...(status && { failed: status === 'error' }),
});

export const tracesCommand = (cli: Cli): Command =>
  new Command('traces')
    .description('find requests by what they caused; `weft trace ID` draws one')
    .option('--service <name>', 'those that came by here; then time and outcome are those of this service')
    .addOption(new Option('--since <time>', 'not older').argParser(lookBack()).default(3_600_000, '1h'))
    .addOption(new Option('--min-duration <time>', 'took at least this').argParser(milliseconds))
    .addOption(new Option('--max-duration <time>', 'took less than this').argParser(milliseconds))
    .addOption(new Option('--status <outcome>', 'how it ended').choices(['ok', 'error']))
    .addOption(new Option('--limit <count>', 'at most so many, the newest').argParser(count).default(20))
    .addOption(namespaceOption())
    .addOption(outputOption('json', 'yaml', 'wide', 'name'))
    .action(async (options: TracesOptions) => {
      const { api, terminal } = cli;
      const items = await api.traces(searchOf(options, Date.now()));
      if (options.output === 'name') {
        for (const { id } of items) terminal.out(id);
        return;
      }
      terminal.out(data({ items }, options.output) ?? table(items, columns(cli), options.output));
    });
