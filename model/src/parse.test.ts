import { describe, expect, test } from 'vitest';
import { parse } from './parse.ts';
import { expected, reported } from './testing/marked.ts';

const file = (text: string) => parse({ text, file: 'shop.yaml', origin: { source: 'file' } });

const namespace = (name: string): string => `apiVersion: v1\nkind: Namespace\nmetadata: {name: ${name}}`;

describe('what is no YAML, or no object', () => {
  test.each([
    ['an open bracket', 'a: [1\nb: 2 # E WEFT0001'],
    ['a tab as indentation', 'a:\n\tb: 1 # E WEFT0001'],
    ['two commas', 'a: [1,, 2] # E WEFT0001'],
    ['two mappings on one line', 'a: b: c # E WEFT0001'],
    ['two values in a row', 'a: ["b" "c"] # E WEFT0001'],
    ['a single bracket', 'a: ] # E WEFT0001'],
    ['an alias', 'a: &x 1 # E WEFT0004\nb: *x'],
    ['a tag', 'a: !!js/function x # E WEFT0004'],
    ['a merge key', 'a:\n  <<: {b: 1} # E WEFT0004 a'],
    ['__proto__', 'spec:\n  __proto__: {polluted: true} # E WEFT0005 spec'],
    ['constructor', 'spec:\n  constructor: 1 # E WEFT0005 spec'],
    ['a quoted prototype', '"prototype": 1 # E WEFT0005'],
    ['a key twice', 'a: 1\nb: 2\na: 3 # E WEFT0006 a'],
    ['a boolean key', 'on: 1 # E WEFT0007'],
    ['a null key', '? # E WEFT0007\n: 1'],
    ['a mapping as key', '? {a: 1} # E WEFT0007\n: 1'],
    ['infinity', 'a: .inf # E WEFT0001 a'],
    ['a scalar', 'hello # E WEFT0008'],
    ['a sequence', '- a # E WEFT0008'],
    ['no apiVersion', 'kind: Pod # E WEFT0008 apiVersion'],
    ['no kind', 'apiVersion: v1 # E WEFT0008 kind'],
    ['an unknown kind', 'apiVersion: v1\nkind: Pot # E WEFT0009 kind'],
    ['a kind of another group', 'apiVersion: apps/v1\nkind: Service # E WEFT0009 kind'],
    ['an unknown version', 'apiVersion: v2 # E WEFT0010 apiVersion\nkind: Pod'],
    ['no metadata', 'apiVersion: v1 # E WEFT0013 metadata\nkind: Pod'],
    ['no name', 'apiVersion: v1\nkind: Pod\nmetadata: {namespace: a} # E WEFT0013 metadata.name'],
    ['a name in capitals', 'apiVersion: v1\nkind: Pod\nmetadata: {name: Web} # E WEFT0013 metadata.name'],
    ['a number as name', 'apiVersion: v1\nkind: Pod\nmetadata: {name: 1} # E WEFT0013 metadata.name'],
    ['a bad namespace', 'apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: a.b} # E WEFT0013 metadata.namespace'],
    ['generateName', `${namespace('a').slice(0, -9)}\n  name: a\n  generateName: b- # E WEFT0013 metadata.generateName`],
    ['a number as label', `${namespace('a').slice(0, -9)}\n  name: a\n  labels: {v: 1} # E WEFT0013 metadata.labels.v`],
    ['a label too long', `${namespace('a').slice(0, -9)}\n  name: a\n  labels: {v: ${'x'.repeat(64)}} # E WEFT0013 metadata.labels.v`],
    ['an unknown field of metadata', `${namespace('a').slice(0, -9)}\n  name: a\n  lables: {} # E WEFT0020 metadata.lables`],
    [
      'a field beside spec',
      'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nport: 80 # E WEFT0020 port\nspec: {ports: [{name: http, port: 80}]}',
    ],
  ])('%s', (_, text) => expect(reported(text)).toEqual(expected(text)));

  test('nesting deeper than 64 levels, whatever it is made of', () => {
    for (const text of ['['.repeat(100_000), '{a: '.repeat(100_000), '- '.repeat(100_000), 'a: b: '.repeat(50_000), '? '.repeat(100_000)]) {
      const started = performance.now();
      expect(file(text).findings.map(({ code }) => code)).toEqual([expect.stringMatching(/WEFT000[13]/)]);
      expect(performance.now() - started).toBeLessThan(1000);
    }
    const deep = (levels: number): string =>
      `apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\nspec: ${'['.repeat(levels)}${']'.repeat(levels)}`;
    expect(file(deep(63)).findings.map(({ code }) => code)).not.toContain('WEFT0003');
    expect(file(deep(80)).findings.map(({ code }) => code)).toEqual(['WEFT0003']);
  });
});

describe('kinds that take no effect', () => {
  test('a broken object that would protect is refused, and stops what came along', () => {
    const { resources, findings, rejected } = file(
      'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: deny}\nspec: {action: DENY}',
    );
    expect(resources).toEqual([]);
    expect(findings).toMatchObject([{ code: 'IST0106', severity: 'error', refused: true, line: 4 }]);
    expect(rejected).toEqual([{ kind: 'AuthorizationPolicy', namespace: 'default', name: 'deny' }]);
  });

  test.each([
    ['networking.istio.io/v1alpha3', 'EnvoyFilter', 'error'],
    ['apps/v1', 'StatefulSet', 'error'],
    ['networking.k8s.io/v1', 'NetworkPolicy', 'error'],
    ['v1', 'ConfigMap', 'warning'],
  ])('%s %s says so', (apiVersion, kind, severity) => {
    const { resources, findings, unreadable } = file(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}`);
    expect(resources).toEqual([]);
    expect(findings).toMatchObject([{ code: 'WEFT0011', severity, resource: { kind } }]);
    expect(findings[0]?.refused).toBeUndefined();
    expect(unreadable).toBe(false);
  });
});

describe('one bad document among good ones', () => {
  const good = Array.from({ length: 500 }, (_, index) => namespace(`ns-${index}`));

  test('the other 500 are taken', () => {
    const { resources, findings, unreadable } = file([...good.slice(0, 250), 'a: [', ...good.slice(250)].join('\n---\n'));
    expect(resources).toHaveLength(500);
    expect(findings).toHaveLength(1);
    expect(unreadable).toBe(true);
  });

  test('an object with a bad field is named as rejected, and nothing is taken for deleted', () => {
    const { rejected, unreadable } = file(`${good[0]}\n---\n${good[1]}\nsepc: {}`);
    expect(rejected).toEqual([{ kind: 'Namespace', namespace: '', name: 'ns-1' }]);
    expect(unreadable).toBe(false);
  });

  test('the document markers end even a block scalar', () => {
    expect(file(`a: |\n  text\n---\n${good[0]}\n...\n# end\n`).resources).toHaveLength(1);
  });

  test('the same object twice: the first counts', () => {
    const { resources, findings } = file(`${good[0]}\n---\n${good[0]}`);
    expect(resources.map(({ origin }) => origin)).toEqual([{ source: 'file', file: 'shop.yaml', line: 1 }]);
    expect(findings).toMatchObject([{ code: 'WEFT0014' }]);
  });
});

describe('limits', () => {
  test('a file of 5 MB is refused at once', () => {
    const text = `${namespace('a')}\n`.repeat(140_000);
    const started = performance.now();
    expect(file(text)).toMatchObject({ resources: [], findings: [{ code: 'WEFT0002', line: 1 }], unreadable: true });
    expect(performance.now() - started).toBeLessThan(100);
  });

  test('a document of more than 1 MiB is refused, its neighbours are taken', () => {
    const { resources, findings } = file(`${namespace('a')}\n---\nx: ${'y'.repeat(1_100_000)}\n---\n${namespace('b')}`);
    expect(resources.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    expect(findings).toMatchObject([{ code: 'WEFT0002', line: 4 }]);
  });

  test('an object with a million faults tells some and is not taken', () => {
    const hosts = Array.from({ length: 5000 }, () => '"a..b"').join(',');
    const { resources, findings } = file(
      `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [${hosts}]}`,
    );
    expect(resources).toEqual([]);
    expect(findings.length).toBeLessThan(110);
  });
});

describe('what is taken', () => {
  test('a namespace where none is written; none for cluster-wide kinds', () => {
    const { resources } = file(`${namespace('a')}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: b}`);
    expect(resources.map(({ metadata }) => metadata.namespace)).toEqual(['', 'default']);
  });

  test('what kubectl prints: status, managed fields, a List, JSON', () => {
    const list = {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        {
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { name: 'web', uid: 'x', resourceVersion: '1', managedFields: [], creationTimestamp: '2026-01-01T00:00:00Z' },
          spec: { ports: [{ name: 'http', port: 80 }] },
          status: { loadBalancer: {} },
        },
      ],
    };
    const { resources, findings } = file(JSON.stringify(list));
    expect(findings).toEqual([]);
    expect(resources).toMatchObject([{ kind: 'Service', metadata: { name: 'web', created: Date.parse('2026-01-01T00:00:00Z') } }]);
    expect(resources[0]?.spec).toEqual({ ports: [{ name: 'http', port: 80 }] });
  });

  test('a fault inside a List has its own line and a path from its own object', () => {
    const text =
      'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: a}\n  spec:\n    ports:\n    - port: x # E WEFT0020 spec.ports[0].port';
    expect(reported(text)).toEqual(expected(text));
  });

  test('YAML 1.1 as Kubernetes reads it: octal numbers and booleans, text in quotes', () => {
    const text =
      'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [a], http: [{match: [{ignoreUriCase: yes}], timeout: "1s", route: [{destination: {host: a, port: {number: 0120}}}]}]}';
    expect(file(text).findings).toEqual([]);
    expect(file(text).resources[0]?.spec).toMatchObject({
      http: [{ match: [{ ignoreUriCase: true }], route: [{ destination: { port: { number: 80 } } }] }],
    });
  });

  test('scalars of every form, with what elsewhere would be syntax', () => {
    const text = `apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  annotations:\n    a: |\n      *x &y !z\n      "q" 'r'\n    b: >-\n      ---x\n      folded\n    c: "a\\\n      b"\n    "d": 'it''s'\n    e: a, b & c * d !e\nspec:\n  ports: [ { name : "http", port: 80 , }, ]`;
    const { resources, findings } = file(text);
    expect(findings).toEqual([]);
    expect(resources[0]?.metadata.annotations).toEqual({
      a: '*x &y !z\n"q" \'r\'\n',
      b: '---x folded',
      c: 'ab',
      d: "it's",
      e: 'a, b & c * d !e',
    });
  });

  test('a null field counts as absent', () => {
    const { resources } = file(
      'apiVersion: v1\nkind: Service\nmetadata: {name: a, labels: }\nspec:\n  selector:\n  ports: [{name: http, port: 80, targetPort: }]',
    );
    expect(resources[0]?.spec).toEqual({ ports: [{ name: 'http', port: 80 }] });
  });

  test('objects from the API carry no lines, but findings do', () => {
    const result = parse({ text: namespace('a'), file: '-', origin: { source: 'api', directory: '/d' }, created: 5 });
    expect(result.resources).toMatchObject([{ origin: { source: 'api', directory: '/d' }, metadata: { created: 5 } }]);
    expect(result.resources[0]).not.toHaveProperty('lines');
  });

  test('equal content has one hash, whatever the order of keys, the line or the time', () => {
    const [a, b, c] = [
      '{name: a, labels: {a: "1", b: "2"}}',
      '{labels: {b: "2", a: "1"}, name: a}',
      '{name: a, labels: {a: "2", b: "2"}}',
    ].map(
      (metadata, index) =>
        parse({
          text: `${'\n'.repeat(index)}apiVersion: v1\nkind: Namespace\nmetadata: ${metadata}`,
          file: 'f',
          origin: { source: 'file' },
          created: index,
        }).resources[0]?.hash,
    );
    expect(a).toMatch(/^[0-9a-f]{32}$/);
    expect(a).toBe(b);
    expect(a).not.toBe(c);
  });
});
