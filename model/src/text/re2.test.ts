import { describe, expect, test } from 'vitest';
import { matchesRegex, replaceRegex } from './re2.ts';

describe('RE2, as Envoy uses it', () => {
  test.each([
    ['/v[0-9]/.*', '/v1/x', true],
    ['/v[0-9]', '/v1/x', false],
    ['(?i)/ABC', '/abc', true],
    ['a|ab', 'ab', true],
    ['(?=a)a', 'a', false],
    ['*', '*', false],
  ])('%s matches the whole of %s: %s', (regex, value, expected) => expect(matchesRegex(regex, value)).toBe(expected));

  test.each([
    ['^/v([0-9])', '/v1/v2', '/version-\\1', '/version-1/v2'],
    ['/', '/a/b', '//', '//a//b'],
    ['a*', 'baac', 'x', 'xbxcx'],
    ['b', 'abcb', '<\\0\\\\>', 'a<b\\>c<b\\>'],
    ['(x)?a', 'a', '[\\1]', '[]'],
    ['none', 'value', 'x', 'value'],
  ])('%s in %s by %s gives %s', (regex, value, rewrite, expected) => expect(replaceRegex(regex, value, rewrite)).toBe(expected));
});
