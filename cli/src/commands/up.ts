import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { analyzeFiles } from '../analysis.ts';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { bySeverity, findingLine, isRefused } from '../findings.ts';
import { readManifests } from '../manifests.ts';
import { milliseconds } from '../times.ts';
import type { Address } from '../up/ports.ts';

const port = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65_535) throw new InvalidArgumentError('write a port from 1 to 65535.');
  return number;
};

/** `127.0.0.1:15080`; loopback only: what is served there is for this machine. */
const address =
  (flag: string) =>
  (text: string): Address => {
    const [, host = '127.0.0.1', number = ''] = /^(?:(127(?:\.\d{1,3}){3}|localhost):)?(\d+)$/.exec(text) ?? [];
    if (!number) throw new InvalidArgumentError('write a port, or an address of this machine like 127.0.0.1:15080.');
    return { flag, host: host === 'localhost' ? '127.0.0.1' : host, port: port(number) };
  };

const addressOption = (flag: string, description: string, fallback: string): Option =>
  new Option(`${flag} <address>`, description).argParser(address(flag)).default(address(flag)(fallback), fallback);

interface UpOptions {
  readonly gatewayPort: number;
  readonly api: Address;
  readonly xds: Address;
  readonly envoy?: string;
  readonly timeout: number;
}

const folderAt = (path: string): string => {
  const folder = resolve(path);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new Failure(`${path} is not a folder`, exitCodes.usage);
  return folder;
};

/** A mesh whose protection is broken is not started at all. */
const refuseUnprotected = async ({ terminal, stdin }: Cli, folder: string): Promise<void> => {
  const findings = bySeverity(await analyzeFiles(await readManifests([folder], stdin)));
  for (const finding of findings) if (finding.severity !== 'info') terminal.err(findingLine(finding, terminal));
  if (isRefused(findings)) throw new Failure('not started: a policy that is to keep somebody out is broken', exitCodes.data);
};

export const upCommand = (cli: Cli): Command =>
  new Command('up')
    .description('run the mesh that a folder of manifests describes, until Ctrl-C')
    .argument('[folder]', 'manifests: Kubernetes and Istio objects in YAML; watched for changes', '.')
    .option('--gateway-port <port>', 'port on 127.0.0.1 for the ingress gateway', port, 8080)
    .addOption(addressOption('--api', 'where the API listens', '127.0.0.1:15080'))
    .addOption(addressOption('--xds', 'where proxies and the CA are served', '127.0.0.1:15012'))
    .option('--envoy <path>', 'this Envoy instead of the pinned one (or WEFT_ENVOY)')
    .addOption(new Option('--timeout <time>', 'say what is missing when not ready after').argParser(milliseconds).default(120_000, '2m'))
    .action(async (path: string, options: UpOptions) => {
      const folder = folderAt(path);
      if (process.platform !== 'linux') {
        throw new Failure(`weft up needs Linux (network namespaces), this is ${process.platform}; run it in a Linux virtual machine`);
      }
      await refuseUnprotected(cli, folder);
      const { runMesh } = await import('../up/supervisor.ts');
      const { timeout, envoy, gatewayPort, api, xds } = options;
      const gateway = { flag: '--gateway-port', host: '127.0.0.1', port: gatewayPort };
      await runMesh(cli, { folder, gateway, api, xds, timeoutMs: timeout, ...(envoy && { envoy }) });
    });
