import { meshSettings, parse, type Resource } from '@weft/model';
import { describe, expect, test } from 'vitest';
import { build, type Mesh } from '../index.ts';

const object = (name: string, spec: object): Resource => {
  const text = JSON.stringify({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace: 'shop' },
    spec,
  });
  const { resources, findings } = parse({ text, file: 'a.yaml', origin: { source: 'file' } });
  if (!resources[0]) throw new Error(JSON.stringify(findings));
  return resources[0];
};

const range = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => make(index));
const route = [{ destination: { host: 'web' } }];
const paths = (count: number, text = ''): readonly object[] => range(count, (i) => ({ uri: { exact: `/${text}${i}` } }));
const leaf = (name: string, match: readonly object[]): Resource => object(name, { http: [{ match, route }] });
const root = (hosts: number, http: readonly object[]): Resource =>
  object('root', { hosts: range(hosts, (i) => `h${i}.example.com`), http });

const built = (resources: readonly Resource[], previous?: Mesh) => {
  const { mesh, findings } = build({ resources, pods: [], settings: meshSettings([]), ...(previous && { previous }) });
  const lost = findings.filter(({ message }) => message.includes('in every proxy')).map(({ path }) => path);
  return { mesh, matches: mesh.routings[0]?.rules.map(({ matches }) => matches.length), lost };
};

describe('[G9]: a root becomes only so much by what it gives away', () => {
  const gives = (...names: readonly string[]) => names.map((name) => ({ delegate: { name } }));

  test('the first have their place, and its own routes', () => {
    const own = { match: paths(40), route };
    const leaves = [leaf('a', paths(100)), leaf('b', paths(61)), leaf('c', paths(60))];
    const { matches, lost } = built([root(100, [...gives('a', 'b', 'c'), own]), ...leaves]);
    expect(matches).toEqual([100, 60, 40]);
    expect(lost).toEqual(['spec.http[1].delegate']);
  });

  test('a delegate that becomes smaller has its place again', () => {
    const before = built([root(100, gives('a', 'b')), leaf('a', paths(150)), leaf('b', paths(51))]);
    expect(before).toMatchObject({ matches: [150], lost: ['spec.http[1].delegate'] });
    const after = built([root(100, gives('a', 'b')), leaf('a', paths(149)), leaf('b', paths(51))], before.mesh);
    expect(after).toMatchObject({ matches: [149, 51], lost: [] });
  });

  test('what is no part of the root does not count, but is not compared without end', { timeout: 30_000 }, () => {
    const fits = [{ match: paths(100, 'x'), delegate: { name: 'a' } }];
    expect(built([root(10, fits), leaf('a', [...paths(100, 'x')])])).toMatchObject({ matches: [100], lost: [] });
    const all = range(200, (i) => ({ match: paths(10, `r${i}-`), delegate: { name: 'a' } }));
    const { matches, lost } = built([root(1, all), leaf('a', paths(20_000, 'x'))]);
    expect(matches).toEqual([]);
    expect(lost).toHaveLength(200);
  });
});
