import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { planText, reportText } from '../mtls/text.ts';
import { data, type Format, namespaceOption, outputOption } from '../output.ts';
import { lookBack } from '../times.ts';

interface MtlsOptions {
  readonly namespace?: string;
  readonly since: number;
  readonly output?: Format;
}

const day = 86_400_000;

const sinceOption = (): Option =>
  new Option('--since <time>', 'look back so far, 30d at most').argParser(lookBack(30 * day)).default(day, '24h');

const strictCommand = ({ api, terminal }: Cli): Command =>
  new Command('strict')
    .description('prove what demanding mutual TLS in a namespace would do, and print the object that does it')
    .argument('<namespace>')
    .option('--plan', 'look at it, and change nothing')
    .addOption(sinceOption())
    .addOption(outputOption('json', 'yaml'))
    .action(async (namespace: string, { plan, since, output }: MtlsOptions & { readonly plan?: true }) => {
      if (!plan) throw new Failure('this changes nothing by itself: ask with --plan, and apply the object that it prints', exitCodes.usage);
      const found = await api.strictPlan(namespace, since);
      terminal.out(data(found, output) ?? planText(found, terminal));
    });

export const mtlsCommand = (cli: Cli): Command =>
  new Command('mtls')
    .description('tell the mode of mutual TLS of each port, who still comes in plaintext, and whom STRICT would break')
    .addOption(namespaceOption())
    .addOption(sinceOption())
    .addOption(outputOption('json', 'yaml'))
    .addCommand(strictCommand(cli))
    .action(async ({ namespace, since, output }: MtlsOptions) => {
      const report = await cli.api.mtls({ ...(namespace !== undefined && { namespace }), windowMs: since });
      cli.terminal.out(data(report, output) ?? reportText(report, cli.terminal));
      if (report.workloads.length === 0) cli.terminal.err(namespace ? `no workload runs in ${namespace}` : 'no workload runs');
    });
