/**
 * Generates what is not committed, from what is, without network:
 * - `envoy/src/gen` from the descriptor set: wraps it in a CodeGeneratorRequest and pipes it to protoc-gen-es, as protoc would;
 *   nothing when it is fresh.
 * - `model/src/gen` from the schemas of all kinds.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { type Schemas, validatorsOf } from './validators.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, 'envoy/src/gen');
const mark = join(target, '.source');

const pluginManifest = createRequire(import.meta.url).resolve('@bufbuild/protoc-gen-es/package.json');
const { version } = JSON.parse(readFileSync(pluginManifest, 'utf8')) as { version: string };
const set = readFileSync(join(root, 'envoy/data/envoy-1.40.0.binpb'));
/** Changes with everything that the output depends on, this script included. */
const source = createHash('sha256')
  .update(set)
  .update(version)
  .update(readFileSync(fileURLToPath(import.meta.url)))
  .digest('hex');

/** One module that lists the descriptions of all files, for a registry. */
const writeIndex = (names: readonly string[]): void => {
  const entries = names
    .map((name) => name.replace(/\.proto$/, ''))
    .map((path) => ({ path, local: `file_${path.replace(/[^A-Za-z0-9]/g, '_')}` }));
  const imports = entries.map(({ path, local }) => `import { ${local} } from './${path}_pb.js';`);
  const text = `${imports.join('\n')}\nexport const files = [${entries.map(({ local }) => local).join(', ')}];\n`;
  writeFileSync(join(target, 'files.js'), text);
  writeFileSync(
    join(target, 'files.d.ts'),
    `import type { DescFile } from '@bufbuild/protobuf';\nexport declare const files: readonly DescFile[];\n`,
  );
};

const generate = (): void => {
  const { file: files } = fromBinary(FileDescriptorSetSchema, set);
  const request = create(CodeGeneratorRequestSchema, {
    parameter: 'target=js+dts,import_extension=js',
    protoFile: files,
    sourceFileDescriptors: files,
    // The well-known types are part of the runtime.
    fileToGenerate: files.map(({ name }) => name).filter((name) => !name.startsWith('google/protobuf/')),
  });
  const plugin = spawnSync(process.execPath, [join(dirname(pluginManifest), 'bin/protoc-gen-es')], {
    input: toBinary(CodeGeneratorRequestSchema, request),
    maxBuffer: 1 << 28,
  });
  if (plugin.status !== 0) throw new Error(`protoc-gen-es failed: ${plugin.stderr.toString()}`, { cause: plugin.error });
  const response = fromBinary(CodeGeneratorResponseSchema, plugin.stdout);
  if (response.error) throw new Error(`protoc-gen-es: ${response.error}`);
  rmSync(target, { recursive: true, force: true });
  for (const { name, content } of response.file) {
    mkdirSync(dirname(join(target, name)), { recursive: true });
    writeFileSync(join(target, name), content);
  }
  writeIndex(request.fileToGenerate);
  writeFileSync(mark, source);
};

if (!existsSync(mark) || readFileSync(mark, 'utf8') !== source) generate();

const validators = join(root, 'model/src/gen');
const schemas = JSON.parse(readFileSync(join(root, 'model/data/schemas.json'), 'utf8')) as Schemas;
mkdirSync(validators, { recursive: true });
writeFileSync(join(validators, 'validators.js'), await validatorsOf(schemas));
writeFileSync(
  join(validators, 'validators.d.ts'),
  `import type { ValidateFunction } from 'ajv';\nexport declare const validators: Readonly<Record<string, ValidateFunction>>;\n`,
);
