/** What a page keeps in its URL beside what all pages do. */
import { useSearch } from '@tanstack/react-router';
import { useSetSearch } from '../shell/time.ts';

/** A word of the URL, whatever the router took it for. */
export const useWord = (name: string): string => {
  const value = (useSearch({ strict: false }) as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};

/** What rows must contain. */
export const Find = ({ word = 'find', name = 'Find' }: { readonly word?: string; readonly name?: string }) => {
  const find = useWord(word);
  const set = useSetSearch();
  return (
    <label className="row">
      {name}
      <input type="search" value={find} onChange={({ target }) => set({ [word]: target.value || undefined })} />
    </label>
  );
};
