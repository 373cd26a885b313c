import { logLevels } from '@weft/model';
import { Argument, Command } from 'commander';
import type { Cli } from '../cli.ts';
import { findPod } from '../names.ts';
import { data, type Format, namespaceOption, outputOption } from '../output.ts';

interface LogLevelOptions {
  readonly namespace?: string;
  readonly output?: Format;
}

export const logLevelCommand = ({ api, terminal }: Cli): Command =>
  new Command('log-level')
    .description('tell how much a proxy logs, or set it until the proxy is started again')
    .argument('<proxy>', 'pod, workload or pod.namespace')
    .addArgument(new Argument('[level]', 'what it is to log from now on').choices(logLevels))
    .addOption(namespaceOption())
    .addOption(outputOption('json', 'yaml'))
    .action(async (proxy: string, level: string | undefined, options: LogLevelOptions) => {
      const { namespace, name } = findPod(await api.workloads(), proxy, options.namespace);
      const said = await api.logLevel({ namespace, name }, level);
      terminal.out(data(said, options.output) ?? `${namespace}/${name} logs ${said.level}`);
    });
