import { type ObjectiveStatus, ofKind, parse } from '@weft/model';
import { Command } from 'commander';
import { parseAllDocuments } from 'yaml';
import { span } from '../ago.ts';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { bySeverity, findingLine, hasErrors } from '../findings.ts';
import { type ManifestFile, readManifests } from '../manifests.ts';
import { type Column, data, type Format, namespaceOption, outputOption, table } from '../output.ts';
import type { Terminal } from '../terminal.ts';

const rounded = (value: number): string => String(Math.round(value * 100) / 100);

const times = (rate: number | null): string => (rate === null ? '?' : `${Math.round(rate * 10) / 10}x`);

const indicator = ({ indicator: said }: ObjectiveStatus): string =>
  said.kind === 'latency' ? `latency ${said.thresholdMs}ms` : 'availability';

const left = ({ budget: { remaining }, total }: ObjectiveStatus, { paint }: Terminal): string => {
  if (total === 0) return '-';
  const text = `${rounded(remaining)}%`;
  return remaining <= 0 ? paint.red(text) : remaining < 25 ? paint.yellow(text) : paint.green(text);
};

/** Of the shortest windows: what happens now. */
const burn = ({ burnRates: [first] }: ObjectiveStatus): string => (first ? `${times(first.overLong)}/${times(first.overShort)}` : '');

const columns = (terminal: Terminal): readonly Column<ObjectiveStatus>[] => [
  { title: 'NAMESPACE', value: ({ namespace }) => namespace },
  { title: 'NAME', value: ({ name }) => name },
  { title: 'SERVICE', value: ({ subject }) => subject.service, wide: true },
  { title: 'OF', value: indicator },
  { title: 'TARGET', value: ({ target }) => `${target}%` },
  { title: 'IS', value: ({ compliance }) => (compliance === null ? '' : `${rounded(compliance)}%`) },
  { title: 'BUDGET LEFT', value: (status) => left(status, terminal) },
  { title: 'BURN', value: burn },
  { title: 'COUNTED', value: ({ total, counts }) => `${Math.round(total)} ${counts}`, wide: true },
  { title: 'FORECAST', value: ({ forecast, fault }) => fault ?? forecast.words },
];

type Window = ObjectiveStatus['burnRates'][number];

const windows: readonly Column<Window>[] = [
  { title: 'WINDOWS', value: ({ long, short }) => `${long}, ${short}` },
  { title: 'LIMIT', value: ({ factor }) => `${factor}x` },
  { title: 'BURN', value: ({ overLong, overShort }) => `${times(overLong)}, ${times(overShort)}` },
  { title: 'SEVERITY', value: ({ severity }) => severity },
  { title: 'HOLDS', value: ({ holds }) => (holds === null ? 'nothing was counted' : holds ? 'yes' : 'no') },
];

const details = (status: ObjectiveStatus): string => {
  const { period, budget, good, total, counts } = status;
  return [
    `period        ${new Date(period.from).toISOString()} to ${new Date(period.to).toISOString()} (${span(period.to - period.from)})`,
    `counted       ${Math.round(good)} of ${Math.round(total)} ${counts} were good`,
    `budget        ${rounded(budget.failed)} of ${rounded(budget.allowed)} that may fail have failed`,
    '',
    table(status.burnRates, windows),
  ].join('\n');
};

interface Options {
  readonly namespace?: string;
  readonly output?: Format;
}

const show = async ({ api, terminal }: Cli, name: string | undefined, { namespace, output }: Options): Promise<void> => {
  const items = await api.objectives({ ...(namespace !== undefined && { namespace }), ...(name !== undefined && { name }) });
  if (name !== undefined && items.length === 0) throw new Failure(`there is no objective ${name}; one that is new is measured in seconds`);
  const text = data({ items }, output);
  if (text) return terminal.out(text);
  terminal.out(table(items, columns(terminal), output));
  const [only] = items;
  if (name !== undefined && items.length === 1 && only) terminal.out(`\n${details(only)}`);
};

const yamlDocuments = (documents: readonly unknown[], format: Format | undefined): string =>
  format === 'json' ? JSON.stringify(documents, null, 2) : documents.map((one) => data(one, 'yaml')).join('\n---\n');

const exportAll = async ({ api, terminal }: Cli, name: string | undefined, { namespace, output }: Options): Promise<void> => {
  // Loaded here: every other command does without.
  const { toOpenSlo } = await import('@weft/signals');
  const stored = await api.list('slo', { ...(namespace !== undefined && { namespace }), ...(name !== undefined && { name }) });
  if (name !== undefined && stored.length === 0) throw new Failure(`there is no ServiceLevelObjective ${name}`);
  const objectives = ofKind(
    stored.map(({ resource }) => resource),
    'ServiceLevelObjective',
  );
  if (objectives.length > 0) terminal.out(yamlDocuments(objectives.map(toOpenSlo), output));
};

const importAll = async ({ terminal }: Cli, files: readonly ManifestFile[], { output }: Options): Promise<void> => {
  const { fromOpenSlo } = await import('@weft/signals');
  const imported = files.flatMap(({ text, file }) =>
    parseAllDocuments(text)
      .map((document) => document.toJS() as unknown)
      .filter((document) => document !== null)
      .map((document) => {
        const { manifests, findings } = fromOpenSlo(document);
        // What it became has to be right, too.
        const taken = manifests.map((manifest) => parse({ text: JSON.stringify(manifest), file, origin: { source: 'file' } }));
        return { manifests, findings: [...findings.map((finding) => ({ ...finding, file })), ...taken.flatMap((one) => one.findings)] };
      }),
  );
  const findings = imported.flatMap((one) => one.findings);
  const manifests = imported.flatMap((one) => one.manifests);
  if (manifests.length > 0) terminal.out(yamlDocuments(manifests, output));
  for (const finding of bySeverity(findings)) terminal.err(findingLine(finding, terminal));
  if (hasErrors(findings)) throw new Failure('', exitCodes.data);
};

export const sloCommand = (cli: Cli): Command =>
  new Command('slo')
    .description('how objectives stand: what is left of their error budgets, how fast it burns, how long it lasts')
    .argument('[name]', 'of one objective, with its windows')
    .addOption(namespaceOption())
    .addOption(outputOption('json', 'yaml', 'wide'))
    .action((name: string | undefined, options: Options) => show(cli, name, options))
    .addCommand(
      new Command('export')
        .description('write objectives as OpenSLO')
        .argument('[name]', 'of one objective')
        .addOption(namespaceOption())
        .addOption(outputOption('json', 'yaml'))
        .action((name: string | undefined, options: Options) => exportAll(cli, name, options)),
    )
    .addCommand(
      new Command('import')
        .description('write ServiceLevelObjectives from OpenSLO, for `weft apply -f -`')
        .requiredOption('-f, --filename <path...>', 'files or folders of YAML; - is standard input')
        .addOption(outputOption('json', 'yaml'))
        .action(async (options: Options & { readonly filename: readonly string[] }) =>
          importAll(cli, await readManifests(options.filename, cli.stdin), options),
        ),
    );
