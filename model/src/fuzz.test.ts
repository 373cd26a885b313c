/** `parse` never throws and never takes long, whatever the text [G4]. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { kinds } from './kinds.ts';
import { parse } from './parse.ts';

/** A document takes a millisecond; what grows with more than its length takes minutes. Between them lies a busy machine. */
const limitMs = 500;

/** The best of some attempts: other tests share the machine, and a text that is slow is slow every time. */
const check = (text: string): void => {
  let best = Number.POSITIVE_INFINITY;
  let parsed = parse({ text: '', file: 'f', origin: { source: 'file' } });
  for (let attempt = 0; attempt < 6 && best >= limitMs; attempt += 1) {
    const started = performance.now();
    parsed = parse({ text, file: 'f', origin: { source: 'file' } });
    best = Math.min(best, performance.now() - started);
  }
  const { resources, findings } = parsed;
  expect(best, `${best} ms for ${JSON.stringify(text.slice(0, 200))}`).toBeLessThan(limitMs);
  for (const { line, file, message, help } of findings) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(file && message && help).toBeTruthy();
  }
  for (const { hash } of resources) expect(hash).toHaveLength(32);
};

/** The validators are compiled when a kind is first seen; that is no cost of a document. */
const warmUp = (): void => {
  for (let round = 0; round < 3; round += 1) {
    for (const { kind, group, versions } of kinds) {
      const apiVersion = [group, versions[0]].filter(Boolean).join('/');
      parse({
        text: `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\nspec: {hosts: [a], host: a}`,
        file: 'f',
        origin: { source: 'file' },
      });
    }
  }
};
warmUp();

const words = [
  'a',
  ': ',
  ':',
  '- ',
  '\n',
  '\n  ',
  '\n    ',
  '[',
  ']',
  '{',
  '}',
  ', ',
  ',',
  '"',
  "'",
  '|',
  '>',
  '&a ',
  '*a',
  '!',
  '!!str ',
  '#',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '? ',
  '<<: ',
  'null',
  '~',
  '0x1',
  '1e3',
  '.nan',
  'on',
  '__proto__',
  'constructor',
  '\t',
  '\0',
  '\u2028',
  '\ufeff',
  'é',
  '\\',
  'apiVersion: v1\nkind: Pod\n',
  'metadata:\n',
  'spec:\n',
];

test('random pieces of YAML', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...words), { maxLength: 300 }), (parts) => check(parts.join(''))),
    { numRuns: 1500 },
  );
});

test('one piece, thousands of times', () => {
  for (const word of words) check(word.repeat(Math.floor(8_000 / word.length)));
});

test('random text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 500 }), check), { numRuns: 1000 });
});

const names =
  'hosts http match uri regex prefix exact route destination host subset weight port number name labels servers tls mode selector matchLabels containers command ports targetPort env value valueFrom fieldRef endpoints addresses address resolution trafficPolicy outlierDetection interval portLevelMtls retries retryOn headers set request timeout rewrite redirect template metadata spec replicas probe readinessProbe httpGet matchExpressions operator values portLevelSettings conditions 8080'.split(
    ' ',
  );

const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      null,
      true,
      0,
      -1,
      80,
      70000,
      1.5,
      1e300,
      '',
      '*',
      'a',
      'a.*.com',
      '5x',
      '5s',
      '(?!',
      '10.0.0.0/64',
      'STRICT',
      'STATIC',
      '%',
      '\0',
      '\\9',
      'IPv4',
    ),
    fc.string({ maxLength: 20 }),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...names), tie('any'), { maxKeys: 6 }),
  ),
})).any;

test('every kind with random content', () => {
  const object = fc.record({
    kind: fc.constantFrom(...kinds),
    spec: value,
    metadata: fc.oneof(value, fc.constant({ name: 'a', namespace: 'istio-system' })),
  });
  fc.assert(
    fc.property(object, ({ kind, spec, metadata }) => {
      const apiVersion = [kind.group, kind.versions[0]].filter(Boolean).join('/');
      const whole = typeof spec === 'object' && spec !== null && !Array.isArray(spec) ? spec : {};
      check(JSON.stringify({ apiVersion, kind: kind.kind, metadata, ...(kind.body === 'spec' ? { spec } : whole) }));
    }),
    { numRuns: 3000 },
  );
});

test('no text reaches the prototypes', () => {
  const attacks = [
    '{"__proto__": {"polluted": 1}}',
    '{"constructor": {"prototype": {"polluted": 1}}}',
    '"\\u005f_proto__": {polluted: 1}',
    '? __proto__\n: {polluted: 1}',
  ];
  for (const attack of attacks) {
    for (const text of [attack, `apiVersion: v1\nkind: Pod\nmetadata:\n  ${attack.replace('\n', '\n  ')}`]) {
      const { findings, resources } = parse({ text, file: 'f', origin: { source: 'file' } });
      expect(findings.map(({ code }) => code)).toContain('WEFT0005');
      expect(resources).toEqual([]);
    }
  }
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

test('an alias bomb', () => {
  const level = (n: number): string => `l${n}: &l${n} [${Array.from({ length: 10 }, () => `*l${n - 1}`).join(', ')}]`;
  check(`l0: &l0 x\n${Array.from({ length: 20 }, (_, n) => level(n + 1)).join('\n')}`);
});
