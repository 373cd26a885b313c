import { findKind, type HistorySearch } from '@weft/model';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { differenceText, revisionColumns } from '../history/text.ts';
import { data, type Format, namespaceOption, outputOption, table } from '../output.ts';
import { moment } from '../times.ts';

export const revisionNumber = (text: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('write the number of a revision; `weft history` lists them.');
  return Number(text);
};

interface HistoryOptions {
  readonly namespace?: string;
  readonly since?: number;
  readonly limit: number;
  readonly output?: Format;
}

const showRevision = async ({ api, terminal }: Cli, revision: number, format: Format | undefined): Promise<void> => {
  const found = await api.revision(revision);
  terminal.out(data(found, format) ?? found.changes.map((change) => differenceText(change, terminal)).join('\n\n'));
};

const searchOf = (words: readonly string[], { namespace, since, limit }: HistoryOptions): HistorySearch => {
  const [kindText, name] = words.flatMap((word) => word.split('/', 2));
  if (kindText !== undefined && !findKind(kindText)) throw new Failure(`there is no kind ${kindText}`, exitCodes.usage);
  return {
    limit,
    ...(kindText !== undefined && { kind: kindText }),
    ...(name !== undefined && { name }),
    ...(namespace !== undefined && { namespace }),
    ...(since !== undefined && { from: since }),
  };
};

export const historyCommand = (cli: Cli): Command =>
  new Command('history')
    .description('what was changed, when and by whom: of everything, of one object, or one revision in full')
    .argument('[what...]', 'a revision’s number, or KIND and NAME')
    .addOption(namespaceOption())
    .addOption(new Option('--since <time>', 'not before: a date, or how long ago').argParser(moment(Date.now)))
    .addOption(new Option('--limit <number>', 'so many').argParser(revisionNumber).default(30))
    .addOption(outputOption('json', 'yaml'))
    .action(async (words: readonly string[], options: HistoryOptions) => {
      const [first = ''] = words;
      if (words.length === 1 && /^\d+$/.test(first)) return showRevision(cli, revisionNumber(first), options.output);
      const found = await cli.api.history(searchOf(words, options));
      cli.terminal.out(data(found, options.output) ?? table(found.items, revisionColumns, options.output));
      if (found.more) cli.terminal.err('there are older ones: --limit says how many are shown');
    });
