/** What a table's rows must contain: the URL's. */
import { useSetSearch } from '../shell/time.ts';
import { useWord } from './search.ts';

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
