import { describe, expect, test } from 'vitest';
import { parse } from '../parse.ts';

const range = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => make(index));

const told = (kind: string, spec: object): readonly string[] => {
  const text = JSON.stringify({
    apiVersion: `${kind === 'AuthorizationPolicy' ? 'security' : 'networking'}.istio.io/v1`,
    kind,
    metadata: { name: 'a', namespace: 'shop' },
    spec,
  });
  const { findings } = parse({ text, file: 'a.yaml', origin: { source: 'file' } });
  return findings.filter(({ severity }) => severity === 'error').map(({ path, message }) => `${path}: ${message}`);
};

const routed = (hosts: number, matches: number) => ({
  hosts: range(hosts, (i) => `h${i}.example.com`),
  http: [{ match: range(matches, (i) => ({ uri: { prefix: `/${i}` } })), route: [{ destination: { host: 'web' } }] }],
});

describe('[G9]: one object becomes only so much', () => {
  test('routes of a VirtualService', () => {
    expect(told('VirtualService', routed(100, 200))).toEqual([]);
    expect(told('VirtualService', routed(100, 201))).toEqual([
      'spec: 100 hosts with 201 routes each are 20,100 routes in every proxy, more than 20,000',
    ]);
    expect(told('VirtualService', { ...routed(0, 20_001), hosts: undefined })).toHaveLength(1);
  });

  test('clusters of a ServiceEntry', () => {
    const entry = (ports: number) => ({
      hosts: range(100, (i) => `h${i}.example.com`),
      ports: range(ports, (i) => ({ number: i + 1, name: `http-${i}`, protocol: 'HTTP' })),
      resolution: 'DNS',
    });
    expect(told('ServiceEntry', entry(50))).toEqual([]);
    expect(told('ServiceEntry', entry(51))).toEqual([
      'spec: 100 hosts with 51 ports each are 5,100 clusters in every proxy, more than 5,000',
    ]);
  });

  test('rules of an AuthorizationPolicy: what is said of each is no fault of hundreds', () => {
    const rules = range(200, (i) => ({ to: [{ operation: { paths: [`/${i}`] } }] }));
    expect(told('AuthorizationPolicy', { action: 'DENY', rules })).toEqual([]);
  });

  test('subsets of a DestinationRule', () => {
    const rule = (count: number) => ({ host: 'web', subsets: range(count, (i) => ({ name: `v${i}`, labels: { version: `v${i}` } })) });
    expect(told('DestinationRule', rule(1_000))).toEqual([]);
    expect(told('DestinationRule', rule(1_001))).toEqual(['spec.subsets: 1,001 subsets, more than 1,000']);
  });
});

test('twenty thousand hosts are not compared each with each, which would take half a minute', () => {
  const start = performance.now();
  expect(told('VirtualService', routed(20_000, 1))).toEqual([]);
  expect(performance.now() - start).toBeLessThan(10_000);
});

test('a name that would break a line of a log', () => {
  const [route] = routed(1, 1).http;
  expect(told('VirtualService', { ...routed(1, 1), http: [{ ...route, name: 'a\nb' }] })).toEqual([
    'spec.http[0].name: a control character',
  ]);
});

describe('hosts that overlap', () => {
  test.each([
    [['a.example.com', 'b.example.com', '*.example.org'], []],
    [['a.example.com', 'A.example.com'], ['spec.hosts[1]: the host `A.example.com` and `a.example.com` before it overlap']],
    [['x.org', 'b.a.example.com', '*.example.com'], ['spec.hosts[2]: the host `*.example.com` and `b.a.example.com` before it overlap']],
    [['*.example.com', '*.a.example.com'], ['spec.hosts[1]: the host `*.a.example.com` and `*.example.com` before it overlap']],
    [['*.a.example.com', '*.example.com'], ['spec.hosts[1]: the host `*.example.com` and `*.a.example.com` before it overlap']],
    [['*.example.com', 'example.com', 'notexample.com'], []],
  ])('%j', (hosts, wanted) => expect(told('VirtualService', { ...routed(1, 1), hosts })).toEqual(wanted));
});
