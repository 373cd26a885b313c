import type { AccessRecord } from '@weft/signals';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { type Format, json, outputOption } from '../output.ts';
import { recordColumns } from '../records/columns.ts';
import { type Conditions, conditionsOf, withConditions } from '../records/conditions.ts';
import { following } from '../records/following.ts';

interface TapOptions extends Conditions {
  readonly output?: Format;
}

export const tapCommand = ({ api, terminal }: Cli): Command =>
  withConditions(new Command('tap').description('watch who asks whom for what, as it happens'))
    .addOption(outputOption('json', 'wide'))
    .action(async (options: TapOptions) => {
      const columns = recordColumns(terminal).filter(({ wide }) => !wide || options.output === 'wide');
      // Nobody knows yet how wide the next ones will be: cells are told apart by two blanks.
      const line = (record: AccessRecord): string => columns.map(({ value }) => value(record) || '-').join('  ');
      if (options.output !== 'json') terminal.err(columns.map(({ title }) => title).join('  '));
      const onAway = (): void => terminal.err('weftd is away: what happens meanwhile comes when it is back');
      for await (const { record } of following({ api, query: conditionsOf(options), onAway }))
        terminal.out(options.output === 'json' ? json(record) : line(record));
    });
