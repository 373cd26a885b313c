import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { data, type Format, outputOption } from '../output.ts';
import { traceText } from '../traces/text.ts';

export const traceCommand = ({ api, terminal }: Cli): Command =>
  new Command('trace')
    .description('draw one request: who called whom, when, and how long each took')
    .argument('<id>', '32 hexadecimal digits: of `weft traces`, a record, or the request’s `traceparent`')
    .addOption(outputOption('json', 'yaml'))
    .action(async (id: string, options: { readonly output?: Format }) => {
      const trace = await api.trace(id.toLowerCase());
      terminal.out(data(trace, options.output) ?? traceText(trace, terminal));
    });
