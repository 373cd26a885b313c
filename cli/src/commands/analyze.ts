import type { Finding } from '@weft/model';
import { Command } from 'commander';
import { analyzeFiles } from '../analysis.ts';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { bySeverity, findingLine, hasErrors } from '../findings.ts';
import { readManifests } from '../manifests.ts';
import { data, type Format, outputOption } from '../output.ts';

const summary = (findings: readonly Finding[]): string => {
  const count = (severity: string) => findings.filter((finding) => finding.severity === severity).length;
  return findings.length === 0 ? 'nothing found' : `${count('error')} errors, ${count('warning')} warnings, ${count('info')} notes`;
};

interface AnalyzeOptions {
  readonly filename?: readonly string[];
  readonly strict: boolean;
  readonly output?: Format;
}

export const analyzeCommand = (cli: Cli): Command =>
  new Command('analyze')
    .description('say what is wrong: with files (-f, no mesh needed), or with the running mesh')
    .option('-f, --filename <path...>', 'files or folders of YAML; - is standard input')
    .option('--strict', 'warnings count as issues too', false)
    .addOption(outputOption('json', 'yaml'))
    .action(async (options: AnalyzeOptions) => {
      const { terminal, api, stdin } = cli;
      const findings = options.filename ? await analyzeFiles(await readManifests(options.filename, stdin)) : await api.findings();
      const sorted = bySeverity(findings);
      const text = data({ items: sorted }, options.output);
      if (text) terminal.out(text);
      else for (const finding of sorted) terminal.out(findingLine(finding, terminal));
      if (!text) terminal.err(summary(sorted));
      const issues = hasErrors(sorted) || (options.strict && sorted.some(({ severity }) => severity === 'warning'));
      if (issues) throw new Failure('', exitCodes.issues);
    });
