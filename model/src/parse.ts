/**
 * The verb `parse`: text of one source (a file, a request) → objects that may be taken, and findings about the rest.
 * Never throws for any text. An object with an error is not taken (`rejected`), the others are.
 */

import { type CertificateReader, readsNothing } from './certificate/reader.ts';
import { checkContent } from './check.ts';
import type { Finding, ObjectRef } from './finding.ts';
import { refKey } from './finding.ts';
import { contentHash } from './hash.ts';
import { kinds } from './kinds.ts';
import { lineAt } from './lines.ts';
import { asMeshConfig } from './mesh/config-map.ts';
import { readMetadata } from './metadata.ts';
import { bodyOf, identify, isObject, standing } from './object.ts';
import { type Problem, wrong } from './problem.ts';
import type { Resource } from './resource.ts';
import type { Json } from './yaml/json.ts';
import { readDocument } from './yaml/read.ts';
import { splitDocuments } from './yaml/split.ts';

export interface ParseInput {
  /** YAML or JSON, any number of documents. */
  readonly text: string;
  /** For findings. */
  readonly file: string;
  readonly origin: { readonly source: 'file' } | { readonly source: 'api'; readonly directory?: string };
  /** Creation time of objects that name none, in Unix milliseconds; 0 for files. */
  readonly created?: number;
  /** Absent: Secrets with certificates are refused. */
  readonly certificates?: CertificateReader;
}

export interface Parsed {
  readonly resources: readonly Resource[];
  readonly findings: readonly Finding[];
  /** Objects that the text names but that cannot be taken: their last good version stays in force. */
  readonly rejected: readonly ObjectRef[];
  /** A part of the text was not readable: an object that is missing from it may not be taken for deleted. */
  readonly unreadable: boolean;
}

/** In UTF-16 units. Kubernetes takes objects of about 1 MiB, and no hand-written file comes near four. */
const maxText = 4 * 1024 * 1024;
const maxDocument = 1024 * 1024;

/** One object as written, with the lines of its fields under its own paths. */
interface Written {
  readonly value: Json;
  readonly lines: Readonly<Record<string, number>>;
}

/** A `List` holds objects; the paths of each begin anew. */
const unroll = (written: Written): readonly Written[] => {
  const { value, lines } = written;
  if (
    !isObject(value) ||
    !(value['kind'] === 'List' || (typeof value['kind'] === 'string' && value['kind'].endsWith('List') && Array.isArray(value['items'])))
  ) {
    return [written];
  }
  const items = Array.isArray(value['items']) ? (value['items'] as readonly Json[]) : [];
  const own: Record<string, number>[] = items.map((_, index) => ({ '': lineAt(lines, `items[${index}]`) ?? 1 }));
  for (const [path, line] of Object.entries(lines)) {
    const match = /^items\[(\d+)\]\.?(.*)$/s.exec(path);
    const target = match && own[Number(match[1])];
    if (target) target[match[2] ?? ''] = line;
  }
  return items.map((item, index) => ({ value: item, lines: own[index] ?? {} }));
};

interface Taken {
  readonly resource?: Resource;
  /** Absent when the object is left out without harm, or when its name could not be read. */
  readonly ref?: ObjectRef;
  readonly unreadable?: true;
  readonly findings: readonly Finding[];
}

const take = (input: ParseInput, written: Written): Taken => {
  const { value, lines, problems: found } = asMeshConfig(written);
  const start = lineAt(lines, '') ?? 1;
  const told = (problems: readonly Problem[], ref?: ObjectRef, refused?: boolean): readonly Finding[] =>
    problems
      .map(({ part: _, ...problem }) => ({
        ...problem,
        ...(ref && { resource: ref }),
        file: input.file,
        line: lineAt(lines, problem.path) ?? start,
        ...(refused && { refused: true as const }),
      }))
      .sort((a, b) => a.line - b.line);

  const identified = identify(value);
  if ('code' in identified) return { findings: told([identified]), unreadable: true };
  const { kind, apiVersion, object } = identified;
  const { metadata, problems: about } = readMetadata(kind, object['metadata'], input.created ?? 0);
  if (!metadata) return { findings: told(about), unreadable: true };
  const ref = { kind: kind.kind, namespace: metadata.namespace, name: metadata.name };
  const without = standing(kind);
  if (without) {
    const findings = told([without], ref);
    return without.severity === 'error' ? { ref, findings } : { findings };
  }

  const body = bodyOf(kind, object);
  const checked = checkContent({ kind, metadata, spec: body.spec, certificates: input.certificates ?? readsNothing });
  const problems = [...found, ...about, ...body.problems, ...checked.problems];
  const isBroken = problems.some((problem) => problem.severity === 'error' && !problem.part);
  const findings = told(problems, ref, isBroken && kind.protects);
  if (isBroken) return { ref, findings };
  const resource: Resource = {
    apiVersion,
    kind: kind.kind,
    metadata,
    spec: checked.spec,
    origin: input.origin.source === 'file' ? { source: 'file', file: input.file, line: start } : input.origin,
    ...(input.origin.source === 'file' && { lines }),
    hash: contentHash({ apiVersion, kind: kind.kind, metadata: { ...metadata, created: 0 }, spec: checked.spec }),
  };
  return { resource, ref, findings };
};

const textTooLarge = (input: ParseInput): Parsed => ({
  resources: [],
  rejected: [],
  unreadable: true,
  findings: [
    {
      ...wrong('WEFT0002', '', [`the text has ${input.text.length} characters, more than ${maxText}`, 'Split it into several files.']),
      file: input.file,
      line: 1,
    },
  ],
});

/** @returns the objects in the order in which they stand; of two with one name the first counts. */
export const parse = (input: ParseInput): Parsed => {
  if (input.text.length > maxText) return textTooLarge(input);
  const resources = new Map<string, Resource>();
  const rejected: ObjectRef[] = [];
  const findings: Finding[] = [];
  let unreadable = false;
  const add = ({ resource, ref, findings: told, unreadable: lost }: Taken): void => {
    findings.push(...told);
    if (lost) unreadable = true;
    if (ref && resource && resources.has(refKey(ref))) {
      const twice = wrong('WEFT0014', '', [
        `${ref.kind} \`${ref.name}\` stands twice in this text; the first one counts`,
        'Remove or rename one.',
      ]);
      findings.push({ ...twice, resource: ref, file: input.file, line: lineAt(resource.lines ?? {}, '') ?? 1 });
    } else if (ref && resource) resources.set(refKey(ref), resource);
    else if (ref) rejected.push(ref);
  };
  for (const chunk of splitDocuments(input.text)) {
    if (chunk.text.length > maxDocument) {
      const large = wrong('WEFT0002', '', [`the document has ${chunk.text.length} characters, more than ${maxDocument}`, 'Split it.']);
      findings.push({ ...large, file: input.file, line: chunk.line });
      unreadable = true;
      continue;
    }
    const { value, lines, problems } = readDocument(chunk.text, chunk.line);
    if (problems.length > 0) {
      const named = value === undefined ? undefined : nameOf(value);
      const protects = named && kinds.some(({ kind, protects: guards }) => guards && kind === named.kind);
      findings.push(
        ...problems.map((problem) => ({
          ...problem,
          ...(named && { resource: named }),
          ...(protects && { refused: true as const }),
          file: input.file,
          line: lineAt(lines, problem.path) ?? chunk.line,
        })),
      );
      if (named) rejected.push(named);
      else unreadable = true;
      continue;
    }
    if (value === undefined || value === null) continue;
    for (const written of unroll({ value, lines })) add(take(input, written));
  }
  return { resources: [...resources.values()], findings, rejected, unreadable };
};

/** Which object a document is about, when only its content is bad. */
const nameOf = (value: Json): ObjectRef | undefined => {
  const identified = identify(value);
  if ('code' in identified) return undefined;
  const { metadata } = readMetadata(identified.kind, identified.object['metadata'], 0);
  return metadata && { kind: identified.kind.kind, namespace: metadata.namespace, name: metadata.name };
};
