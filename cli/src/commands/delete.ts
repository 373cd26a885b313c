import { findKind, groupVersion, kindOf, type ObjectRef } from '@weft/model';
import { Command } from 'commander';
import { parseAllDocuments } from 'yaml';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { type ManifestFile, readManifests } from '../manifests.ts';
import { only } from '../names.ts';
import { type Format, namespaceOption, outputOption } from '../output.ts';
import { applyExitCode, printApplied } from './apply.ts';

interface Written {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
}

/** The objects that a file names; what else stands in it does not matter here. */
const refsIn = ({ text, file }: ManifestFile): ObjectRef[] =>
  parseAllDocuments(text).flatMap((document) => {
    if (document.errors[0]) throw new Failure(`${file}: ${document.errors[0].message}`, exitCodes.data);
    const written = document.toJS({ maxAliasCount: 100 }) as Written | null;
    if (!written?.kind || !written.metadata?.name) return [];
    const known = kindOf(groupVersion(written.apiVersion ?? 'v1').group, written.kind);
    const namespace = known?.namespaced === false ? '' : (written.metadata.namespace ?? 'default');
    return [{ kind: written.kind, namespace, name: written.metadata.name }];
  });

const refNamed = async (
  { api }: Cli,
  { kindText, name }: { readonly kindText: string; readonly name: string },
  namespace?: string,
): Promise<ObjectRef> => {
  const kind = findKind(kindText);
  if (!kind) throw new Failure(`there is no kind ${kindText}`, exitCodes.usage);
  const stored = (await api.list(kind.plural, namespace === undefined ? {} : { namespace })).map(({ resource }) => resource.metadata);
  const found = only(
    stored.filter((metadata) => metadata.name === name),
    `${kind.kind} ${name}`,
  );
  return { kind: kind.kind, namespace: found.namespace, name };
};

interface DeleteOptions {
  readonly filename?: readonly string[];
  readonly namespace?: string;
  readonly output?: Format;
}

const wanted = async (cli: Cli, words: readonly string[], options: DeleteOptions): Promise<ObjectRef[]> => {
  if (options.filename) return (await readManifests(options.filename, cli.stdin)).flatMap(refsIn);
  const slash = words[0]?.split('/') ?? [];
  const [kind, ...names] = slash.length === 2 ? [slash[0] ?? '', slash[1] ?? '', ...words.slice(1)] : words;
  if (!kind || names.length === 0) throw new Failure('say what to delete: KIND NAME, or -f FILE', exitCodes.usage);
  return await Promise.all(names.map((name) => refNamed(cli, { kindText: kind, name }, options.namespace)));
};

export const deleteCommand = (cli: Cli): Command =>
  new Command('delete')
    .description('delete objects that were made through the API')
    .argument('[kind]', 'kind, in any spelling: vs, VirtualService, virtualservices')
    .argument('[name...]', 'names')
    .option('-f, --filename <path...>', 'the objects in these files; - is standard input')
    .addOption(namespaceOption())
    .addOption(outputOption('json', 'yaml', 'name'))
    .action(async (kind: string | undefined, names: readonly string[], options: DeleteOptions) => {
      const objects = await wanted(cli, kind === undefined ? [] : [kind, ...names], options);
      const result = await cli.api.delete({ objects });
      printApplied(cli, result, { format: options.output });
      const code = applyExitCode(result);
      if (code !== exitCodes.ok) throw new Failure('', code);
    });
