import { describe, expect, it } from 'vitest';
import { brief, data, json, printable, table } from './output.ts';

const columns = [
  { title: 'NAME', value: (row: { name: string; age?: string }) => row.name },
  { title: 'AGE', value: (row: { name: string; age?: string }) => row.age ?? '' },
  { title: 'MORE', value: () => 'x', wide: true as const },
];

describe('table', () => {
  it('aligns what is seen, not escape codes, and marks what is empty', () => {
    expect(table([{ name: '\u001b[32mweb\u001b[39m', age: '1d' }, { name: 'catalog' }], columns).split('\n')).toEqual([
      'NAME      AGE',
      '\u001b[32mweb\u001b[39m       1d',
      'catalog   -',
    ]);
  });

  it('has more columns when asked for width', () => {
    expect(table([{ name: 'a' }], columns, 'wide').split('\n')[0]).toBe('NAME   AGE   MORE');
  });
});

describe('data', () => {
  it('is what programs read, and nothing for people', () => {
    expect(data({ a: [1] }, 'json')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(data({ a: [1] }, 'yaml')).toBe('a:\n  - 1');
    expect(data({ a: [1] }, 'wide')).toBeUndefined();
    expect(data({ a: [1] }, undefined)).toBeUndefined();
  });
});

describe('what others chose', () => {
  const escape = '\u001b]0;owned\u0007';

  it('reaches no terminal as it is', () => {
    expect(printable(`/a${escape}\u009b31m\u202eb\ud800é`)).toBe('/a\\u{1b}]0;owned\\u{7}\\u{9b}31m\\u{202e}b\\u{d800}é');
  });

  it('does not push others off the screen', () => {
    expect(brief(`/${'a'.repeat(200)}`)).toBe(`/${'a'.repeat(118)}…`);
    expect(brief(`/${'\u202e'.repeat(200)}`)).toHaveLength(120);
    expect(brief('/cart')).toBe('/cart');
  });

  it('is the same to programs, without what terminals act on', () => {
    const value = { path: `/a${escape}\u009b31m\u202eb\u{e0001}é` };
    const text = json(value);
    expect(text).toMatch(/^[\x20-\x7eé]*$/);
    expect(JSON.parse(text)).toEqual(value);
  });
});
