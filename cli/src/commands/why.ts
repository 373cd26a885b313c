import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { data, type Format, outputOption } from '../output.ts';
import { whyText } from '../why/text.ts';

export const whyCommand = ({ api, terminal }: Cli): Command =>
  new Command('why')
    .description('say why a request or a connection was refused or failed, and what to change')
    .argument('<id>', 'what a refused caller was given (x-weft-denial-id), a request’s x-request-id, or an id of a proxy’s log')
    .addOption(outputOption('json', 'yaml'))
    .action(async (id: string, options: { readonly output?: Format }) => {
      const why = await api.why(id);
      terminal.out(data(why, options.output) ?? whyText(why, terminal));
    });
