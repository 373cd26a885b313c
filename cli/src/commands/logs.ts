import { Command, InvalidArgumentError } from 'commander';
import type { Cli } from '../cli.ts';
import { findPod } from '../names.ts';
import { namespaceOption } from '../output.ts';

interface LogOptions {
  readonly namespace?: string;
  readonly proxy: boolean;
  readonly follow: boolean;
  readonly container?: string;
  readonly tail?: number;
}

const count = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('write a number of lines.');
  return Number(text);
};

/** The name under which the API knows a pod's proxy. */
const proxyContainer = 'envoy';

export const logsCommand = ({ api, terminal }: Cli): Command =>
  new Command('logs')
    .description("print what a workload's application, or its proxy, wrote")
    .argument('<workload>', 'deploy/web, pod/web-6c7f-x2k, or web')
    .option('--proxy', "the proxy's log instead of the application's", false)
    .option('-f, --follow', 'go on printing', false)
    .option('-c, --container <name>', "the container (default: the pod's first)")
    .option('--tail <lines>', 'only the last lines', count)
    .addOption(namespaceOption())
    .action(async (workload: string, options: LogOptions) => {
      const pod = findPod(await api.workloads(), workload, options.namespace);
      const container = options.proxy ? proxyContainer : options.container;
      const chunks = api.logs({
        namespace: pod.namespace,
        pod: pod.name,
        follow: options.follow,
        ...(container && { container }),
        ...(options.tail !== undefined && { tail: options.tail }),
      });
      for await (const chunk of chunks) terminal.raw(chunk, 'out');
    });
