/** Cuts the descriptors down to what the roots need, in the order in which protobuf wants them (imports first). */
import type { FileDescriptorProto } from '@bufbuild/protobuf/wkt';

/** Files that only define options for validation and documentation generators: nothing in JavaScript evaluates them. */
const annotationFiles = [
  'validate/validate.proto',
  'udpa/annotations/',
  'xds/annotations/',
  'envoy/annotations/',
  'google/api/annotations.proto',
  'google/api/field_behavior.proto',
  'gogoproto/',
];

const isAnnotation = (file: string): boolean => annotationFiles.some((prefix) => file.startsWith(prefix));

/** Custom options are unknown fields of the `options` messages: dropping them there drops the need for the annotation files. */
const dropCustomOptions = (value: unknown): void => {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if ('$typeName' in value && String(value.$typeName).endsWith('Options') && '$unknown' in value) delete value.$unknown;
  for (const child of Object.values(value)) dropCustomOptions(child);
};

const withoutAnnotations = (file: FileDescriptorProto): FileDescriptorProto => {
  dropCustomOptions(file);
  const kept = file.dependency.map((name, index) => ({ name, index })).filter(({ name }) => !isAnnotation(name));
  const reindex = (indexes: readonly number[]) => kept.flatMap(({ index }, place) => (indexes.includes(index) ? [place] : []));
  return { ...file, dependency: kept.map(({ name }) => name), publicDependency: reindex(file.publicDependency), weakDependency: [] };
};

/** @throws Error when a root or an import is in none of the modules. */
export const closure = (roots: readonly string[], all: readonly FileDescriptorProto[]): FileDescriptorProto[] => {
  const byName = new Map(all.map((file) => [file.name, file]));
  const done = new Map<string, FileDescriptorProto>();
  const visit = (name: string, importer: string): void => {
    if (done.has(name)) return;
    const file = byName.get(name);
    if (!file) throw new Error(`${name}, imported by ${importer}, is in none of the modules`);
    const lean = withoutAnnotations(file);
    for (const dependency of lean.dependency) visit(dependency, name);
    done.set(name, lean);
  };
  for (const root of [...roots].sort()) visit(root, 'roots.ts');
  return [...done.values()];
};
