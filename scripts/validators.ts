/**
 * Ajv's validators of all kinds as source, so that no program writes and compiles them at its start (130 ms of CPU for eight kinds).
 * @see https://ajv.js.org/standalone.html
 */
import { _, Ajv, Name } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';

export interface Schemas {
  readonly $defs: Readonly<Record<string, object>>;
  readonly kinds: Readonly<Record<string, object>>;
}

/** Where the functions of `own` are, seen from the generated module. */
const keywords = '../schema/keywords.ts';

/** What CRDs say and JSON Schema does not; a function of this name takes the keyword's value and the data, and says what is wrong. */
const own = ['atMostOne', 'duration', 'cel'];

const createAjv = (): Ajv => {
  const ajv = new Ajv({
    // A keyword that a newer CRD brings would otherwise be promised and not kept.
    strict: true,
    allowUnionTypes: true,
    allErrors: true,
    messages: false,
    verbose: true,
    inlineRefs: false,
    code: { source: true, esm: true },
  });
  for (const keyword of own) {
    ajv.addKeyword({
      keyword,
      code: (context) => {
        const said = context.gen.const('said', _`${new Name(keyword)}(${context.schemaValue}, ${context.data})`);
        context.setParams({ said });
        context.fail(_`${said} !== undefined`);
      },
      error: { message: keyword, params: ({ params }) => _`{ said: ${params['said']} }` },
    });
  }
  ajv.addKeyword({
    keyword: 'enough',
    // As Ajv's own code returns at the first fault when it is not asked for all.
    code: ({ gen, it }) => {
      const stop = (): unknown => gen.assign(_`${it.validateName}.errors`, new Name('vErrors')).return(false);
      gen.if(_`${new Name('errors')} >= ${new Name('maxFaults')}`, stop);
    },
  });
  return ajv;
};

/** Ajv copies all faults so far at each faulty `$ref`: a hostile list of 100,000 would take a minute. */
const withEnough = (schemas: Schemas): Schemas =>
  JSON.parse(JSON.stringify(schemas), (_key, value) => (value?.$ref ? { ...value, enough: true } : value)) as Schemas;

/** @returns a module with `validators`, a function for each kind */
export const validatorsOf = async (schemas: Schemas): Promise<string> => {
  const { $defs, kinds } = withEnough(schemas);
  const exported = Object.keys(kinds);
  // A kind may be called as a definition is.
  const roots = Object.fromEntries(exported.map((name) => [`kind.${name}`, kinds[name]]));
  const ajv = createAjv().addSchema({ $defs: { ...$defs, ...roots } }, 'weft');
  const functions = standalone.default(ajv, Object.fromEntries(exported.map((name) => [name, `weft#/$defs/kind.${name}`])));
  const contents = `import { maxFaults, ${own.join(', ')} } from '${keywords}';\n${functions}\nexport const validators = { ${exported.join(', ')} };`;
  // Ajv's code requires parts of Ajv, which a bundler knows how to bring into an ES module.
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    external: [keywords],
    format: 'esm',
    target: 'node22.13',
    minify: true,
    write: false,
  });
  return outputFiles[0]?.text ?? '';
};
