import { Command, InvalidArgumentError, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { Failure } from '../exit.ts';
import { data, type Format, outputOption } from '../output.ts';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `30s`, `2m`; a number alone means seconds. */
export const milliseconds = (text: string): number => {
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError('write a time like 30s or 2m.');
  return Math.round(Number(amount) * (units[unit] ?? 1000));
};

export const waitCommand = ({ api, terminal }: Cli): Command =>
  new Command('wait')
    .description('return when every proxy has acknowledged the current revision')
    .addOption(new Option('--for <condition>', 'what to wait for').choices(['applied']).makeOptionMandatory())
    .addOption(new Option('--timeout <time>', 'give up after').argParser(milliseconds).default(30_000, '30s'))
    .addOption(outputOption('json', 'yaml'))
    .action(async (options: { readonly timeout: number; readonly output?: Format }) => {
      const result = await api.wait(options.timeout);
      const text = data(result, options.output);
      if (text) terminal.out(text);
      if (!result.applied) {
        throw new Failure(
          `revision ${result.revision} was not acknowledged in time by: ${result.pending.join(', ') || 'the control plane itself'}`,
        );
      }
      if (!text) terminal.err(`revision ${result.revision} is applied`);
    });
