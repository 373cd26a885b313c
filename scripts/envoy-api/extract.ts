/**
 * Writes `envoy/data/envoy-1.40.0.binpb` and the README beside it. Run by hand when `modules.ts` or `roots.ts` changes;
 * needs Go for its checksum database, the network once, and nothing else: neither protoc nor buf.
 *
 *     node scripts/envoy-api/extract.ts
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { create, toBinary } from '@bufbuild/protobuf';
import * as wellKnown from '@bufbuild/protobuf/wkt';
import { closure } from './closure.ts';
import { readDescriptors } from './go-descriptors.ts';
import { type Module, modules } from './modules.ts';
import { roots } from './roots.ts';

const data = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), 'envoy/data');
const output = 'envoy-1.40.0.binpb';

const download = (module: Module): string => {
  const text = execFileSync('go', ['mod', 'download', '-json', `${module.path}@${module.version}`], { encoding: 'utf8' });
  const { Dir, Sum } = JSON.parse(text) as { Dir: string; Sum: string };
  if (Sum !== module.sum) throw new Error(`${module.path}@${module.version} has the sum ${Sum}, not ${module.sum}`);
  return join(Dir, module.folder ?? '');
};

/** protobuf-es maps google/protobuf/* to its own well-known types, so their descriptors come from it as well. */
const googleProtobuf = Object.entries(wellKnown).flatMap(([name, file]) =>
  name.startsWith('file_google_protobuf_') && 'proto' in (file as object) ? [(file as { proto: wellKnown.FileDescriptorProto }).proto] : [],
);

const readme = (files: number, hash: string): string => `# Envoy's API as data

\`${output}\` is a \`google.protobuf.FileDescriptorSet\`: ${files} files, the closure of \`scripts/envoy-api/roots.ts\`, with custom options
(validation rules, documentation hints) left out. It is cut out of the text of the Go modules below by \`node scripts/envoy-api/extract.ts\`
(which also writes this file); \`scripts/generate.ts\` makes the TypeScript types from it, without network.

SHA-256 \`${hash}\`

| module | version | sum (Go checksum database) | license |
|---|---|---|---|
${modules.map(({ path, version, sum, license }) => `| \`${path}\` | ${version} | \`${sum}\` | ${license} |`).join('\n')}

## Notices

- Envoy's API: Copyright Envoy Project Authors. xDS: Copyright the CNCF xDS API authors. Both Apache License 2.0.
- OpenTelemetry protocol: Copyright the OpenTelemetry Authors. Prometheus and its client model: Copyright the Prometheus Authors. Apache License 2.0.
- Google APIs and CEL: Copyright Google LLC. Apache License 2.0. \`google/protobuf/*\`: Copyright Google Inc., BSD-3-Clause.
- Istio API: Copyright Istio Authors. Apache License 2.0.

The Apache License 2.0 is at https://www.apache.org/licenses/LICENSE-2.0, the BSD license at https://opensource.org/license/bsd-3-clause.
`;

/** `remote.proto` of Prometheus would be anybody's. */
const placed = (file: wellKnown.FileDescriptorProto, { under }: Module): wellKnown.FileDescriptorProto =>
  under === undefined || file.name.includes('/')
    ? file
    : {
        ...file,
        name: `${under}/${file.name}`,
        dependency: file.dependency.map((name) => (name.includes('/') ? name : `${under}/${name}`)),
      };

const filesOf = (module: Module) => readDescriptors(download(module)).map((file) => placed(file, module));

const all = [...googleProtobuf, ...modules.flatMap(filesOf)];
const files = closure(roots, all);
const bytes = toBinary(wellKnown.FileDescriptorSetSchema, create(wellKnown.FileDescriptorSetSchema, { file: files }));
const hash = createHash('sha256').update(bytes).digest('hex');
writeFileSync(join(data, output), bytes);
writeFileSync(join(data, 'README.md'), readme(files.length, hash));
process.stdout.write(`${output}: ${files.length} files, ${bytes.length} bytes\n`);
