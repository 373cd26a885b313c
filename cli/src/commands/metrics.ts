import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { findPod } from '../names.ts';
import { namespaceOption } from '../output.ts';

export const metricsCommand = ({ api, terminal }: Cli): Command =>
  new Command('metrics')
    .description("print the mesh's metrics as Prometheus reads them")
    .argument('[proxy]', 'one proxy, with what its Envoy says of itself: pod, workload or pod.namespace')
    .addOption(namespaceOption())
    .action(async (proxy: string | undefined, options: { readonly namespace?: string }) => {
      const pod = proxy === undefined ? undefined : findPod(await api.workloads(), proxy, options.namespace);
      for await (const chunk of api.metrics(pod)) terminal.raw(chunk, 'out');
    });
