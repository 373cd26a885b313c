import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { findWorkload } from '../names.ts';
import { namespaceOption } from '../output.ts';

export const restartCommand = ({ api, terminal }: Cli): Command =>
  new Command('restart')
    .description("replace a workload's pods, one after the other")
    .argument('<workload>', 'deploy/web or web')
    .addOption(namespaceOption())
    .action(async (text: string, options: { readonly namespace?: string }) => {
      const workload = findWorkload(await api.workloads(), text, options.namespace);
      await api.restart(workload.namespace, workload.name);
      terminal.out(`${workload.kind} ${workload.namespace}/${workload.name} restarted`);
    });
