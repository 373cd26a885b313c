import { setTimeout as sleep } from 'node:timers/promises';
import type { Top, TopRow } from '@weft/signals';
import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { brief, type Column, data, type Format, json, outputOption, printable, table } from '../output.ts';
import { type Conditions, conditionsOf, countUpTo, withConditions } from '../records/conditions.ts';
import type { Terminal } from '../terminal.ts';
import { lookBack } from '../times.ts';

interface TopOptions extends Conditions {
  readonly window: number;
  readonly limit: number;
  readonly watch?: true;
  readonly output?: Format;
}

const percent = (share: number): string => `${Number((share * 100).toFixed(2))} %`;

const columns = ({ paint }: Terminal): readonly Column<TopRow>[] => [
  { title: 'SOURCE', value: ({ source }) => printable(source) },
  { title: 'DESTINATION', value: ({ destination }) => printable(destination) },
  { title: 'METHOD', value: ({ method }) => printable(method) },
  { title: 'PATH', value: ({ path }) => brief(path) },
  { title: 'ROUTE', value: ({ route }) => printable(route) },
  { title: 'COUNT', value: ({ count }) => `${count}` },
  { title: 'BEST', value: ({ best }) => `${best} ms` },
  { title: 'WORST', value: ({ worst }) => `${worst} ms` },
  { title: 'LAST', value: ({ last }) => `${last} ms` },
  { title: 'SUCCESS', value: ({ success }) => (success < 1 ? paint.red(percent(success)) : percent(success)) },
  { title: 'LAST FAILURE', value: ({ failure }) => (failure ? printable(failure.words) : '') },
  { title: 'WHY', value: ({ failure }) => (failure?.id ? `weft why ${printable(failure.id)}` : '') },
];

const topText = (top: Top, terminal: Terminal): string => {
  const more = top.truncated ? ['', 'more came than are counted here: these are the newest'] : [];
  const silence = top.rows.length === 0 ? ['', 'nobody asked for anything in this time; --window looks back further'] : [];
  return [table(top.rows, columns(terminal)), ...silence, ...more].join('\n');
};

/** To the upper left corner, and what was there goes. */
const cleared = new TextEncoder().encode('\u001b[H\u001b[2J');
const every = 1000;

export const topCommand = ({ api, terminal }: Cli): Command =>
  withConditions(new Command('top').description('tell what is asked most, by whom, of whom, how fast and how well'))
    .addOption(new Option('--window <time>', 'of the last so much time').argParser(lookBack()).default(60_000, '1m'))
    .option('--limit <lines>', 'so many lines at most', countUpTo(1000), 50)
    .option('--watch', 'look again each second, until it is interrupted')
    .addOption(outputOption('json', 'yaml'))
    .action(async (options: TopOptions) => {
      const { window, limit, watch, output } = options;
      const look = (): Promise<Top> => {
        const until = Date.now();
        return api.top({ ...conditionsOf(options), since: until - window, until, limit });
      };
      for (let again = true; again; again = watch === true) {
        const top = await look();
        if (watch && output === undefined && terminal.interactive) terminal.raw(cleared, 'out');
        terminal.out((watch && output === 'json' ? json(top) : data(top, output)) ?? topText(top, terminal));
        if (watch) await sleep(every);
      }
    });
