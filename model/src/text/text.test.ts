import { describe, expect, test } from 'vitest';
import { parseDuration } from '../duration.ts';
import { headerValueFault, isHeaderName } from './header.ts';
import { cidrFault, isHostname, isWildcardHostname } from './host.ts';
import { maxRegexProgram, readRegex } from './regex.ts';

describe('regular expressions', () => {
  /** Program sizes that Envoy 1.40 names in its refusal (`re2.max_program_size.error_level: 1`, `--mode validate`). */
  test.each([
    ['a', 5],
    ['.{1,200}', 603],
    ['\\p{L}{1,40}', 323],
    ['(?i)[a-z]{1,63}', 129],
    ['.{1000}', 2004],
    ['\\p{L}{1000}', 7004],
    ['\\PL{100}', 804],
    ['[^a]{100}', 204],
    ['[\\p{L}\\p{N}_.-]{1,1000}', 13003],
    ['[acegikmoqsuwyACEGIKMOQSUWY]{200}', 2604],
    ['(\\p{L}{500}|\\p{N}{500}|\\p{S}{500}|\\p{P}{500}|\\p{Z}{500})', 21506],
  ])('the size of %s is never taken for less than it is', (text, size) => {
    const regex = readRegex(text);
    expect(regex).toBeTypeOf('object');
    expect((regex as { size: number }).size).toBeGreaterThanOrEqual(size);
    expect((regex as { size: number }).size).toBeLessThan(2.1 * size + 10);
  });

  test.each(['', '*', '(?!a)', '?', '(a', '\\1', 'a{1001}', '(a{100}){100}', 'é', '\\x{100}', '(?<=a)b', 'x'.repeat(1025), 'a**'])(
    '%s is refused',
    (text) => expect(readRegex(text)).toBeTypeOf('string'),
  );

  test('one that is too large is refused, with the limit', () => {
    expect(readRegex(`(${['a', 'c', 'e', 'g', 'i'].map((c) => `[^${c}kmoqsuwy]{990}`).join('|')})`)).toContain(String(maxRegexProgram));
  });

  test('a backslash before an escape is not the escape', () => expect(readRegex('\\\\x{2}')).toMatchObject({ groups: 0 }));

  test('none takes long', () => {
    for (const text of [
      '(a*)*b',
      '(((((a?){9}){9}){9}){9})',
      `${'(a|'.repeat(200)}b${')'.repeat(200)}`,
      '(x+x+)+y',
      '[a-z]{1,999}[a-z]{1,999}',
    ]) {
      const started = performance.now();
      readRegex(text);
      expect(performance.now() - started).toBeLessThan(1000);
    }
  });
});

test.each([
  ['1h30m', 5_400_000],
  ['1.5s', 1500],
  ['250ms', 250],
  ['0s', 0],
  ['0', 0],
  ['1.1s', 1100],
  ['.5s', 500],
  ['-1s', -1000],
  ['5', undefined],
  ['5x', undefined],
  ['', undefined],
  ['1s ', undefined],
  ['s', undefined],
  ['1e9s', undefined],
  [`${'1'.repeat(50)}s`, undefined],
])('the duration %s is %s ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each([
  ['10.0.0.0/64', true],
  ['10.0.0.0/24', false],
  ['10.0.0', true],
  ['::1/64', false],
  ['::1/129', true],
  ['10.0.0.1', false],
  ['1.2.3.4/', true],
  ['1.2.3.4/8/9', true],
  ['010.0.0.1', true],
])('%s is a wrong block: %s', (text, wrong) => expect(cidrFault(text) !== undefined).toBe(wrong));

test('hosts', () => {
  expect(['a', 'a.b.c', 'A.com', 'a.com.'].every(isHostname)).toBe(true);
  expect(['', '.', 'a..b', '-a.com', 'a b', '*.a.com', `${'a'.repeat(64)}.com`, 'a\n.com'].some(isHostname)).toBe(false);
  expect(['*', '*.a.com', 'a'].every(isWildcardHostname)).toBe(true);
  expect(['a.*.com', 'w*w.com', '**', '*.', '*a.com'].some(isWildcardHostname)).toBe(false);
});

test('headers', () => {
  expect(['x-a', 'X_1', "a!#$%&'*+.^`|~"].every(isHeaderName)).toBe(true);
  expect(['', 'x a', 'x:a', 'x\n', 'é'].some(isHeaderName)).toBe(false);
  expect(['a', '%%', '%REQ(x-a?:path):9%', '100%%', '%START_TIME(%s)%'].map(headerValueFault).filter(Boolean)).toHaveLength(1);
  expect(
    ['%', '100%', '%NOPE%', '%REQ(%', 'a\r\nb', '%REQ%', '%REQ()%', '%PROTOCOL:5%', '%HOSTNAME(a)%', '%METADATA(X:a)%'].every(
      headerValueFault,
    ),
  ).toBe(true);
});
