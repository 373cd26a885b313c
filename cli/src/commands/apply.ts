import type { ApplyResult } from '@weft/model';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { bySeverity, findingLine, hasErrors, isRefused } from '../findings.ts';
import { type ManifestFile, readManifests } from '../manifests.ts';
import { data, type Format, outputOption } from '../output.ts';
import type { Terminal } from '../terminal.ts';

type Item = ApplyResult['items'][number];

const nameOf = ({ ref }: Item): string => `${ref.kind} ${ref.namespace ? `${ref.namespace}/` : ''}${ref.name}`;

const ownerOf = ({ owner }: Item): string => (owner?.source === 'file' ? `: it belongs to ${owner.file}:${owner.line}; edit it there` : '');

const action = (item: Item, { paint }: Terminal): string => (item.action === 'refused' ? paint.red(item.action) : item.action);

export const itemLine = (item: Item, terminal: Terminal): string =>
  `${nameOf(item)} ${action(item, terminal)}${item.action === 'refused' ? ownerOf(item) : ''}`;

/** 65 when nothing is taken because something that protects is broken, 1 for any other error. */
export const applyExitCode = (result: ApplyResult): number => {
  if (isRefused(result.findings)) return exitCodes.data;
  const failed = hasErrors(result.findings) || result.items.some((item) => item.action === 'refused');
  return failed ? exitCodes.error : exitCodes.ok;
};

const merged = (results: readonly ApplyResult[]): ApplyResult => ({
  revision: Math.max(0, ...results.map((result) => result.revision)),
  items: results.flatMap((result) => result.items),
  findings: results.flatMap((result) => result.findings),
});

const applyAll = async ({ api }: Cli, files: readonly ManifestFile[], dryRun: boolean): Promise<ApplyResult> => {
  const send = async (): Promise<ApplyResult> => {
    const results: ApplyResult[] = [];
    for (const file of files) results.push(await api.apply({ ...file, ...(dryRun && { dryRun }) }));
    return merged(results);
  };
  const first = await send();
  // Files may refer to each other: what counts is what is said of each once all of them are there.
  return files.length > 1 && !dryRun ? { ...first, findings: (await send()).findings } : first;
};

interface Printing {
  readonly format: Format | undefined;
  /** What stands behind each line. */
  readonly behind?: string;
}

export const printApplied = ({ terminal }: Cli, result: ApplyResult, { format, behind = '' }: Printing): void => {
  const text = data(result, format);
  if (text) terminal.out(text);
  else for (const item of result.items) terminal.out(format === 'name' ? nameOf(item) : `${itemLine(item, terminal)}${behind}`);
  for (const finding of bySeverity(result.findings)) terminal.err(findingLine(finding, terminal));
};

export const applyCommand = (cli: Cli): Command =>
  new Command('apply')
    .description('create or change objects')
    .requiredOption('-f, --filename <path...>', 'files or folders of YAML; - is standard input')
    .option('--dry-run', 'say what would happen, change nothing', false)
    .addOption(outputOption('json', 'yaml', 'name'))
    .action(async (options: { readonly filename: readonly string[]; readonly dryRun: boolean; readonly output?: Format }) => {
      const result = await applyAll(cli, await readManifests(options.filename, cli.stdin), options.dryRun);
      printApplied(cli, result, { format: options.output, ...(options.dryRun && { behind: ' (dry run)' }) });
      const code = applyExitCode(result);
      if (code !== exitCodes.ok) throw new Failure('', code);
    });
