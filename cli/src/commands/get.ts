import { findKind, type Kind, kinds, type StoredObject, type WorkloadStatus } from '@weft/model';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { bySeverity, findingLine } from '../findings.ts';
import { columnsOf } from '../kind-columns.ts';
import { storedManifest } from '../manifest.ts';
import { only } from '../names.ts';
import { data, type Format, namespaceOption, outputOption, table } from '../output.ts';
import { podColumns, podManifest, podsIn } from '../pods.ts';

interface GetOptions {
  readonly namespace?: string;
  readonly allNamespaces: boolean;
  readonly output?: Format;
}

const kindNamed = (text: string): Kind => {
  const kind = findKind(text);
  if (kind) return kind;
  const known = kinds.filter(({ state }) => state === 'supported').map(({ plural }) => plural);
  throw new Failure(`there is no kind ${text}; there are ${known.join(', ')}`, exitCodes.usage);
};

const byName = (a: StoredObject, b: StoredObject): number => {
  const key = ({ resource: { metadata } }: StoredObject) => `${metadata.namespace}/${metadata.name}`;
  return key(a).localeCompare(key(b));
};

/** Prints objects of one kind; one alone (asked for by name) is not a list. */
const printObjects = (cli: Cli, { kind, objects, single, workloads }: Printed, format: Format | undefined): void => {
  const { terminal } = cli;
  if (format === 'name') {
    for (const { resource } of objects) terminal.out(`${kind.singular}/${resource.metadata.name}`);
    return;
  }
  const manifests = objects.map(storedManifest);
  const text = data(single ? manifests[0] : { items: manifests }, format);
  if (text) terminal.out(text);
  else if (objects.length === 0) terminal.err(`there are no ${kind.plural}`);
  else terminal.out(table(objects, columnsOf(kind, workloads, terminal), format));
  if (single && !text) for (const finding of bySeverity(objects[0]?.findings ?? [])) terminal.err(findingLine(finding, terminal));
};

interface Printed {
  readonly kind: Kind;
  readonly objects: readonly StoredObject[];
  readonly single: boolean;
  readonly workloads: readonly WorkloadStatus[];
}

/** Pods are what runs, whoever asked for it. */
const printPods = async ({ api, terminal }: Cli, name: string | undefined, options: GetOptions): Promise<void> => {
  const all = podsIn(await api.workloads(), options.namespace);
  const pods =
    name === undefined
      ? all
      : [
          only(
            all.filter((pod) => pod.name === name),
            `pod ${name}`,
          ),
        ];
  if (options.output === 'name') {
    for (const pod of pods) terminal.out(`pod/${pod.name}`);
    return;
  }
  const manifests = pods.map(podManifest);
  const text = data(name === undefined ? { items: manifests } : manifests[0], options.output);
  if (text) terminal.out(text);
  else if (pods.length === 0) terminal.err('there are no pods');
  else terminal.out(table(pods, podColumns(terminal), options.output));
};

const named = (objects: readonly StoredObject[], kind: Kind, name: string): StoredObject[] => {
  const candidates = objects.map((object) => ({ ...object.resource.metadata, object }));
  return [only(candidates, `${kind.kind} ${name}`).object];
};

export const getCommand = (cli: Cli): Command =>
  new Command('get')
    .description('list objects, or print one')
    .argument('<kind>', 'in any spelling: vs, VirtualService, virtualservices')
    .argument('[name]', 'of one object')
    .addOption(namespaceOption())
    .option('-A, --all-namespaces', 'all namespaces (the default)', false)
    .addOption(outputOption('json', 'yaml', 'wide', 'name'))
    .action(async (kindText: string, nameText: string | undefined, options: GetOptions) => {
      const [kindPart = '', namePart] = kindText.split('/', 2);
      const kind = kindNamed(kindPart);
      const name = nameText ?? namePart;
      if (kind.kind === 'Pod') return await printPods(cli, name, options);
      const { namespace, output } = options;
      const programmed = output === 'wide' || output === 'json' || output === 'yaml';
      const query = { programmed, ...(namespace !== undefined && { namespace }), ...(name !== undefined && { name }) };
      const all = [...(await cli.api.list(kind.plural, query))].sort(byName);
      const objects = name === undefined ? all : named(all, kind, name);
      const workloads = kind.kind === 'Deployment' ? await cli.api.workloads() : [];
      printObjects(cli, { kind, objects, single: name !== undefined, workloads }, output);
    });
