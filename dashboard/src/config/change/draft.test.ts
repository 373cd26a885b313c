import { expect, test } from 'vitest';
import { forgetDrafts, keepDraft, keptDraft } from './draft.ts';

const storeOf = (): Storage => {
  const store: Record<string, unknown> = {};
  const put = (name: string, value: unknown) => Object.defineProperty(store, name, { value, enumerable: false });
  put('getItem', (name: string) => (Object.hasOwn(store, name) ? store[name] : null));
  put('setItem', (name: string, value: string) => {
    if (value.length > 1000) throw new Error('full');
    store[name] = value;
  });
  put('removeItem', (name: string) => void delete store[name]);
  return store as unknown as Storage;
};

const read = { text: 'a: 1\n', revision: 7 };

test('what is written is kept until it is what it was again', () => {
  const store = storeOf();
  keepDraft(store, 'x', { read, text: 'a: 2\n' });
  expect(keptDraft(store, 'x')).toEqual({ read, text: 'a: 2\n' });
  expect(keptDraft(store, 'y')).toBeUndefined();
  keepDraft(store, 'x', { read, text: read.text });
  expect(keptDraft(store, 'x')).toBeUndefined();
});

test('what the browser does not keep, or somebody else wrote there, is no draft', () => {
  const store = storeOf();
  keepDraft(store, 'x', { read, text: 'a: 2\n' });
  keepDraft(store, 'x', { read, text: 'a'.repeat(2000) });
  expect(keptDraft(store, 'x')).toBeUndefined();
  for (const strange of ['{', 'null', '{"text":1}']) {
    store.setItem('weft.draft.x', strange);
    expect(keptDraft(store, 'x')).toBeUndefined();
  }
});

test('whoever comes next finds none', () => {
  const store = storeOf();
  store.setItem('theme', 'dark');
  keepDraft(store, 'x', { read, text: 'b' });
  forgetDrafts(store);
  expect(Object.keys(store)).toEqual(['theme']);
});
