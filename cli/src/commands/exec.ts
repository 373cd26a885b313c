import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { findPod } from '../names.ts';
import { namespaceOption } from '../output.ts';

interface ExecOptions {
  readonly namespace?: string;
  readonly container?: string;
  readonly stdin: boolean;
}

export const execCommand = ({ api, terminal, stdin }: Cli): Command =>
  new Command('exec')
    .description("run a command where a workload's application runs")
    .argument('<workload>', 'deploy/web, pod/web-6c7f-x2k, or web')
    .argument('<command...>', 'after --, the command and its arguments')
    .option('-i, --stdin', 'pass standard input on', false)
    .option('-c, --container <name>', "the container (default: the pod's first)")
    .addOption(namespaceOption())
    .addHelpText('after', '\nExample:\n  weft exec deploy/web -- curl -s http://catalog:8080/')
    .action(async (workload: string, command: readonly string[], options: ExecOptions) => {
      const pod = findPod(await api.workloads(), workload, options.namespace);
      // Loaded here: WebSockets would slow down every other command.
      const { exec } = await import('../api/exec.ts');
      const code = await exec({
        socket: api.socket,
        namespace: pod.namespace,
        pod: pod.name,
        command,
        onOutput: terminal.raw,
        ...(options.container && { container: options.container }),
        ...(options.stdin && { stdin }),
      });
      if (code !== exitCodes.ok) throw new Failure('', code);
    });
