import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { data, type Format, outputOption } from '../output.ts';

export const versionCommand = ({ api, terminal, version }: Cli): Command =>
  new Command('version')
    .description('print the versions of this program and of the running control plane')
    .addOption(outputOption('json', 'yaml'))
    .action(async (options: { readonly output?: Format }) => {
      const weftd = await api.status().then(
        (status) => status.version,
        () => null,
      );
      const text = data({ weft: version, weftd, node: process.version }, options.output);
      terminal.out(text ?? [`weft    ${version}`, `weftd   ${weftd ?? 'not running'}`, `node    ${process.version}`].join('\n'));
    });
