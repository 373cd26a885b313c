import type { ProxyStatus } from '@weft/model';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { type Column, data, type Format, namespaceOption, outputOption, table } from '../output.ts';
import type { Terminal } from '../terminal.ts';

const types = ['CDS', 'EDS', 'LDS', 'RDS', 'VHDS', 'ECDS'];

const step = (proxy: ProxyStatus, { paint }: Terminal): string => {
  if (proxy.restartNeeded) return paint.yellow('restart needed');
  if (!proxy.connected) return paint.red('not connected');
  return proxy.inStep ? paint.green('in step') : paint.yellow('behind');
};

const nack = ({ lastNack }: ProxyStatus): string => (lastNack ? `${lastNack.type}: ${lastNack.message}` : '');

const acknowledged = (proxy: ProxyStatus, type: string): string => proxy.types[type]?.acknowledged.slice(0, 7) ?? '';

const columns = (terminal: Terminal): readonly Column<ProxyStatus>[] => [
  { title: 'NAMESPACE', value: (proxy) => proxy.namespace },
  { title: 'NAME', value: (proxy) => proxy.name },
  { title: 'STATE', value: (proxy) => step(proxy, terminal) },
  ...types.map((type) => ({ title: type, value: (proxy: ProxyStatus) => acknowledged(proxy, type) })),
  { title: 'IDENTITY', value: (proxy) => proxy.identity },
  { title: 'LAST NACK', value: nack },
];

/** The contract for scripts: these, whatever else the API tells. */
const contract = ({ name, namespace, identity, inStep, types, lastNack, connected, restartNeeded }: ProxyStatus) => ({
  name,
  namespace,
  identity,
  inStep,
  types,
  lastNack,
  connected,
  restartNeeded,
});

export const psCommand = ({ api, terminal }: Cli): Command =>
  new Command('ps')
    .alias('proxy-status')
    .description('list the proxies: who they are, and what they acknowledged of each type')
    .addOption(namespaceOption())
    .option('-A, --all-namespaces', 'all namespaces (the default)')
    .addOption(outputOption('json', 'yaml', 'wide', 'name'))
    .action(async (options: { readonly namespace?: string; readonly output?: Format }) => {
      const all = await api.proxies();
      const proxies = all
        .filter((proxy) => options.namespace === undefined || proxy.namespace === options.namespace)
        .sort((a, b) => `${a.namespace}/${a.name}`.localeCompare(`${b.namespace}/${b.name}`));
      if (options.output === 'name') {
        for (const proxy of proxies) terminal.out(`${proxy.namespace}/${proxy.name}`);
        return;
      }
      terminal.out(data({ items: proxies.map(contract) }, options.output) ?? table(proxies, columns(terminal), options.output));
    });
