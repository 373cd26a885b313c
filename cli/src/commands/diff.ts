import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { differenceText } from '../history/text.ts';
import { data, type Format, outputOption } from '../output.ts';
import { revisionNumber } from './history.ts';

export const diffCommand = ({ api, terminal }: Cli): Command =>
  new Command('diff')
    .description('how the configuration of two revisions differs')
    .argument('<from>', 'a revision; `weft history` lists them', revisionNumber)
    .argument('[to]', 'the one in force, unless told', revisionNumber)
    .addOption(outputOption('json', 'yaml'))
    .action(async (from: number, to: number | undefined, options: { readonly output?: Format }) => {
      const found = await api.difference({ from, ...(to !== undefined && { to }) });
      const text = data(found, options.output);
      if (text) terminal.out(text);
      else if (found.changes.length === 0) terminal.err(`nothing differs between revisions ${found.from} and ${found.to}`);
      else terminal.out(found.changes.map((change) => differenceText(change, terminal)).join('\n\n'));
    });
