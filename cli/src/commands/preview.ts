import type { PreviewRequest } from '@weft/model';
import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { previewText } from '../history/preview.ts';
import { readManifests } from '../manifests.ts';
import { data, type Format, outputOption } from '../output.ts';
import { revisionNumber } from './history.ts';

interface PreviewOptions {
  readonly filename?: readonly string[];
  readonly undo?: number;
  readonly records: number;
  readonly output?: Format;
}

const requestOf = async ({ stdin }: Cli, { filename, undo, records }: PreviewOptions): Promise<PreviewRequest> => {
  if (undo !== undefined) return { undo, records };
  if (!filename) throw new Failure('say what to look at: -f FILE, or --undo REVISION', exitCodes.usage);
  const files = await readManifests(filename, stdin);
  return { text: files.map(({ text }) => text).join('\n---\n'), records };
};

export const previewCommand = (cli: Cli): Command =>
  new Command('preview')
    .description('what a change would do: to findings, proxies, who may call whom, and to what was recorded; changes nothing')
    .option('-f, --filename <path...>', 'files or folders of YAML; - is standard input')
    .addOption(new Option('--undo <revision>', 'taking back this one').argParser(revisionNumber))
    .addOption(new Option('--records <number>', 'ask so many of the last records again').argParser(revisionNumber).default(1000))
    .addOption(outputOption('json', 'yaml'))
    .action(async (options: PreviewOptions) => {
      const preview = await cli.api.preview(await requestOf(cli, options));
      cli.terminal.out(data(preview, options.output) ?? previewText(preview, cli.terminal));
      if (preview.refused) throw new Failure('', exitCodes.data);
    });
