/** Comparisons that random requests meet seldom, each as Envoy 1.40 was seen to make it. */
import { describe, expect, test } from 'vitest';
import { globOf, templateOf } from '../istio/authorization-value.ts';
import { type Facts, holds } from './facts.ts';

const asking = (path: string, headers: Readonly<Record<string, string>> = {}): Facts => ({
  port: 80,
  serverName: '',
  request: { host: 'a', authority: 'a', pathname: path, search: '', method: 'GET', scheme: 'http', headers, repeated: {} },
});

describe('what a test takes', () => {
  test.each([
    ['/a/{*}', '/a/x=y', true],
    ['/a/{*}', '/a/x*y', true],
    ['/a/{*}', '/a/[x]', false],
    ['/a/{*}', '/a/', false],
    ['/a/{*}', '/a/b/c', false],
    ['/a/{**}', '/a/', true],
    ['/a/{**}', '/a', false],
    ['/a/{**}', '/a/b/c', true],
    ['/{**}/c', '/a/b/c', true],
    ['/{**}/c', '/c', false],
  ])('template %s of path %s: %s [S105]', (template, path, expected) => {
    expect(holds({ kind: 'path', values: [templateOf(template)] }, asking(path))).toBe(expected);
  });

  test.each([
    ['*', 'shop', true],
    ['t*m-*e', 'team-one', true],
    ['*an*', 'bank', true],
    ['bank*', 'ban', false],
    ['ab*ba', 'aba', false],
  ])('namespace %s of %s: %s', (glob, namespace, expected) => {
    const facts: Facts = { ...asking('/'), identity: `spiffe://cluster.local/ns/${namespace}/sa/x` };
    expect(holds({ kind: 'namespace', values: [globOf(glob)] }, facts)).toBe(expected);
  });

  test('an empty header is there, a missing one is not, and the host is one of them', () => {
    const present = (name: string) => ({ kind: 'header' as const, name, values: [{ kind: 'present' as const }] });
    expect(holds(present('X-V'), asking('/', { 'x-v': '' }))).toBe(true);
    expect(holds(present('constructor'), asking('/'))).toBe(false);
    expect(holds(present('Host'), asking('/'))).toBe(true);
  });

  test('who shows no certificate, and who only looks like a workload, is in no namespace [S108]', () => {
    const anybody = { kind: 'namespace' as const, values: [globOf('*')] };
    for (const identity of ['', 'spiffe://cluster.local/ns/a/sa/b/ns/c/sa/d', 'https://cluster.local/ns/a/sa/b'])
      expect(holds(anybody, { ...asking('/'), identity })).toBe(false);
    expect(holds(anybody, asking('/'))).toBe(false);
  });
});
