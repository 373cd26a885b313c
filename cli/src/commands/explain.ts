import type { ClientCertificate, Journey, Request } from '@weft/model';
import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { explainFiles } from '../explain/files.ts';
import { questionOf } from '../explain/question.ts';
import { journeyText } from '../explain/text.ts';
import { readManifests } from '../manifests.ts';
import { findPod } from '../names.ts';
import { data, type Format, namespaceOption, outputOption } from '../output.ts';

interface ExplainOptions {
  readonly from: string;
  readonly to: string;
  readonly request: string;
  readonly header: readonly string[];
  readonly certificate?: ClientCertificate;
  readonly clientAddress?: string;
  readonly files?: readonly string[];
  readonly namespace?: string;
  readonly output?: Format;
}

const explained = async ({ api, stdin, terminal }: Cli, options: ExplainOptions, request: Request): Promise<Journey> => {
  const { from, namespace, files } = options;
  const caller = { from, ...(namespace !== undefined && { namespace }) };
  if (files) {
    const { journey, errors } = await explainFiles(await readManifests(files, stdin), caller, request);
    if (errors > 0) terminal.err(`without what is wrong in the files (errors: ${errors}); \`weft analyze -f\` tells it`);
    return journey;
  }
  if (from === 'outside') return api.explain({ request });
  const pod = findPod(await api.workloads(), from, namespace);
  return api.explain({ request, from: { namespace: pod.namespace, name: pod.name } });
};

const requestCommand = (cli: Cli): Command =>
  new Command('request')
    .description('say which way a request takes, hop by hop: listener, route and its object, cluster, endpoints, and why')
    .requiredOption('--from <workload>', 'who asks: pod, workload, gateway, or `outside`')
    .requiredOption('--to <url>', 'http://host:port/path, https://host, tls://host or tcp://host:port')
    .option('-X, --request <method>', 'HTTP method', 'GET')
    .option('-H, --header <line...>', 'HTTP header, `name: value`', [])
    .addOption(new Option('--certificate <whose>', 'what the client shows in TLS').choices(['mesh', 'known', 'unknown']))
    .option('--client-address <address>', 'where a client outside the mesh is')
    .option('--files <path...>', 'files or folders of YAML, as if all that is in them ran; no mesh is needed')
    .addOption(namespaceOption())
    .addOption(outputOption('json', 'yaml'))
    .action(async (options: ExplainOptions) => {
      const { to, request: method, header: headers, certificate, clientAddress } = options;
      const said = { ...(certificate && { certificate }), ...(clientAddress !== undefined && { clientAddress }) };
      const request = questionOf({ to, method, headers, ...said });
      const journey = await explained(cli, options, request);
      cli.terminal.out(data(journey, options.output) ?? journeyText(journey, cli.terminal));
    });

export const explainCommand = (cli: Cli): Command =>
  new Command('explain')
    .description('explain what the mesh does, from what its proxies are told')
    .addCommand(requestCommand(cli))
    .action(() => {
      throw new Failure('say what to explain: weft explain request --from WORKLOAD --to URL', exitCodes.usage);
    });
