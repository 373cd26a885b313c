import type { RecordsState } from '@weft/model';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { data, type Format, outputOption, table } from '../output.ts';
import { failedColumns, recordColumns } from '../records/columns.ts';
import { type Conditions, conditionsOf, countUpTo, withConditions } from '../records/conditions.ts';
import { lossText } from '../records/losses.ts';
import { moment } from '../times.ts';

interface AccessOptions extends Conditions {
  readonly since?: number;
  readonly until?: number;
  readonly denial?: string;
  readonly request?: string;
  readonly limit: number;
  readonly output?: Format;
}

const most = 10_000;

/** An empty table says nothing of why. */
const silence = ({ records }: RecordsState): string =>
  records === 0
    ? 'there are no records yet: proxies write one for each request, unless a Telemetry turns them off'
    : `none of the ${records} records that are kept fits`;

export const accessCommand = ({ api, terminal }: Cli): Command =>
  withConditions(new Command('access').description('list who asked whom for what, and what came of it; also of workloads that are gone'))
    .option('--since <time>', 'how long ago (15m, 1h, 7d), or a time', moment(Date.now))
    .option('--until <time>', 'the same', moment(Date.now))
    .option('--denial <id>', 'the id that a refused caller was given')
    .option('--request <id>', 'x-request-id, which joins what several proxies say of one request')
    .option('--limit <records>', 'the newest so many', countUpTo(most), 100)
    .addOption(outputOption('json', 'wide'))
    .action(async (options: AccessOptions) => {
      const { since, until, denial, request, limit, output } = options;
      const found = await api.records({
        ...conditionsOf(options),
        ...(since !== undefined && { since }),
        ...(until !== undefined && { until }),
        ...(denial !== undefined && { denial }),
        ...(request !== undefined && { request }),
        limit,
      });
      const records = found.map(({ record }) => record);
      terminal.out(
        data({ items: records }, output) ?? table(records, options.failed ? failedColumns(terminal) : recordColumns(terminal), output),
      );
      const state = await api.recordsState();
      if (records.length === 0) terminal.err(silence(state));
      const lost = lossText(state);
      if (lost !== '') terminal.err(lost);
      if (found.length === limit) terminal.err(`these are the newest ${limit}; --limit shows more, --until older ones`);
    });
