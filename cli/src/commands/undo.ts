import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { differenceText } from '../history/text.ts';
import { type Format, outputOption } from '../output.ts';
import { applyExitCode, printApplied } from './apply.ts';
import { revisionNumber } from './history.ts';

export const undoCommand = (cli: Cli): Command =>
  new Command('undo')
    .description('take back what a revision changed, all of it or nothing')
    .argument('<revision>', 'its number; `weft history` lists them', revisionNumber)
    .option('--dry-run', 'say what would happen, change nothing', false)
    .addOption(outputOption('json', 'yaml'))
    .action(async (revision: number, options: { readonly dryRun: boolean; readonly output?: Format }) => {
      const result = await cli.api.undo({ revision, ...(options.dryRun && { dryRun: true }) });
      printApplied(cli, result, { format: options.output, ...(options.dryRun && { behind: ' (dry run)' }) });
      const code = applyExitCode(result);
      if (!options.output && (options.dryRun || code !== exitCodes.ok))
        for (const change of result.changes) cli.terminal.out(`\n${differenceText(change, cli.terminal)}`);
      if (code !== exitCodes.ok) throw new Failure('', code);
    });
