import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { data, type Format, outputOption } from '../output.ts';
import { traceText } from '../traces/text.ts';

/** Alone, or in what a request bears: `00-<trace>-<span>-01`. */
const traceIdIn = (text: string): string | undefined =>
  /^(?:[\da-f]{2}-)?([\da-f]{32})(?:-[\da-f]{16}-[\da-f]{2})?$/i.exec(text)?.[1]?.toLowerCase();

export const traceCommand = ({ api, terminal }: Cli): Command =>
  new Command('trace')
    .description('draw one request: who called whom, when, and how long each took')
    .argument('<id>', '32 hexadecimal digits: of `weft traces`, a record, or the request’s `traceparent`')
    .addOption(outputOption('json', 'yaml'))
    .action(async (written: string, options: { readonly output?: Format }) => {
      const id = traceIdIn(written);
      if (id === undefined) throw new Failure(`${written}: write 32 hexadecimal digits, or a whole traceparent`, exitCodes.usage);
      const trace = await api.trace(id);
      terminal.out(data(trace, options.output) ?? traceText(trace, terminal));
    });
