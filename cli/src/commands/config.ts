import type { ProxyConfig } from '@weft/model';
import { Argument, Command } from 'commander';
import type { Cli } from '../cli.ts';
import { findPod } from '../names.ts';
import { data, type Format, namespaceOption, outputOption } from '../output.ts';

const sections = ['bootstrap', 'listeners', 'routes', 'clusters', 'endpoints', 'secrets'] as const;
type Section = (typeof sections)[number];

interface ConfigOptions {
  readonly namespace?: string;
  readonly live: boolean;
  readonly output?: Format;
}

const namesIn = (config: ProxyConfig, section: Section): string[] =>
  section === 'bootstrap' ? ['bootstrap'] : Object.keys(config[section] ?? {});

export const configCommand = ({ api, terminal }: Cli): Command =>
  new Command('config')
    .alias('proxy-config')
    .description('print what a proxy was sent, or has')
    .argument('<proxy>', 'pod, workload or pod.namespace')
    .addArgument(new Argument('[section]', 'which part').choices([...sections, 'all']).default('all'))
    .option('--live', 'what the Envoy has, instead of what it was sent', false)
    .addOption(namespaceOption())
    .addOption(outputOption('json', 'yaml', 'name'))
    .action(async (proxy: string, section: Section | 'all', options: ConfigOptions) => {
      const pod = findPod(await api.workloads(), proxy, options.namespace);
      const config = await api.config({ namespace: pod.namespace, name: pod.name, live: options.live });
      const wanted = section === 'all' ? sections : [section];
      if (options.output === 'name') {
        for (const part of wanted) for (const name of namesIn(config, part)) terminal.out(`${part}/${name}`);
        return;
      }
      const shown = section === 'all' ? config : (config[section] ?? {});
      terminal.out(data(shown, options.output ?? 'yaml') ?? '');
    });
