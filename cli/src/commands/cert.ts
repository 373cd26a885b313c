import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { filesOf } from '@weft/model';
import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { Failure } from '../exit.ts';
import { milliseconds } from '../times.ts';

interface IssueOptions {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly out: string;
  readonly ttl: number;
}

/** Writes a file that nobody else can read, whatever was there before. */
const writePrivate = (folder: string, name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o600 });

const issue = async ({ api, place, terminal }: Cli, options: IssueOptions): Promise<void> => {
  const { namespace, serviceAccount, out, ttl } = options;
  // Loaded here: gRPC and X.509 would slow down every other command.
  const { requestCertificate } = await import('@weft/agent/identity');
  const { token } = await api.token({ namespace, serviceAccount, ttlSeconds: Math.ceil(ttl / 1000) });
  const bundles = await api.trustBundle();
  const issued = await requestCertificate({
    upstream: `unix:${filesOf(place).xdsSocket}`,
    bundles,
    credential: { kind: 'token', token },
    now: Date.now,
  }).catch((error: Error) => {
    throw new Failure(`the CA did not issue: ${error.message}`, undefined, { cause: error });
  });
  const folder = resolve(out);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writePrivate(folder, 'key.pem', issued.key);
  writePrivate(folder, 'cert-chain.pem', issued.chain);
  writePrivate(folder, 'root-cert.pem', bundles.pem);
  terminal.out(`spiffe://${bundles.trustDomain}/ns/${namespace}/sa/${serviceAccount}`);
  terminal.err(`written to ${folder}: key.pem, cert-chain.pem, root-cert.pem`);
};

export const certCommand = (cli: Cli): Command =>
  new Command('cert').description('certificates of the mesh').addCommand(
    new Command('issue')
      .description('get a workload certificate, for a program that no agent looks after (a load generator, a probe)')
      .requiredOption('-n, --namespace <name>', 'namespace of the identity')
      .requiredOption('-s, --service-account <name>', 'service account of the identity')
      .requiredOption('--out <folder>', 'where to write key.pem, cert-chain.pem and root-cert.pem (0600)')
      .addOption(new Option('--ttl <time>', 'life of the token that asks for it').argParser(milliseconds).default(600_000, '10m'))
      .addHelpText('after', '\nThe key is made here and never leaves this machine. The certificate names no instance.')
      .action((options: IssueOptions) => issue(cli, options)),
  );
