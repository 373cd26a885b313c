import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { analyzeFiles } from '../analysis.ts';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { bySeverity, findingLine, isRefused } from '../findings.ts';
import { readManifests } from '../manifests.ts';
import { runMesh } from '../up/supervisor.ts';
import { milliseconds } from './wait.ts';

const port = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw new InvalidArgumentError('write a port from 1 to 65535.');
  return number;
};

interface UpOptions {
  readonly gatewayPort: number;
  readonly apiPort: number;
  readonly xdsPort: number;
  readonly envoy?: string;
  readonly timeout: number;
}

const folderAt = (path: string): string => {
  const folder = resolve(path);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new Failure(`${path} is not a folder`, exitCodes.usage);
  return folder;
};

/** A mesh that would not enforce what its manifests promise is not started at all. */
const refuseUnenforced = async ({ terminal, stdin }: Cli, folder: string): Promise<void> => {
  const findings = bySeverity(analyzeFiles(await readManifests([folder], stdin)));
  for (const finding of findings) if (finding.severity !== 'info') terminal.err(findingLine(finding, terminal));
  if (isRefused(findings)) throw new Failure('not started: the folder asks for protection that Weft does not enforce yet', exitCodes.data);
};

export const upCommand = (cli: Cli): Command =>
  new Command('up')
    .description('run the mesh that a folder of manifests describes, until Ctrl-C')
    .argument('[folder]', 'manifests: Kubernetes and Istio objects in YAML; watched for changes', '.')
    .option('--gateway-port <port>', 'port on 127.0.0.1 for the ingress gateway', port, 8080)
    .option('--api-port <port>', 'port on 127.0.0.1 for the API', port, 15080)
    .option('--xds-port <port>', 'port on 127.0.0.1 for proxies and the CA', port, 15012)
    .option('--envoy <path>', 'this Envoy instead of the pinned one (or WEFT_ENVOY)')
    .option('--timeout <time>', 'say what is missing when the mesh is not ready after', milliseconds, 120_000)
    .action(async (path: string, options: UpOptions) => {
      const folder = folderAt(path);
      if (process.platform !== 'linux') {
        throw new Failure(`weft up needs Linux (network namespaces), this is ${process.platform}; run it in a Linux virtual machine`);
      }
      await refuseUnenforced(cli, folder);
      const { timeout, envoy, ...ports } = options;
      await runMesh(cli, { ...ports, folder, timeoutMs: timeout, ...(envoy && { envoy }) });
    });
