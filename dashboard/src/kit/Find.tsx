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

/** The same where there is no room for its name: the field itself says what it is for. */
export const FindInside = ({
  word = 'find',
  name = 'Find',
  example = name,
}: {
  readonly word?: string;
  readonly name?: string;
  readonly example?: string;
}) => {
  const find = useWord(word);
  const set = useSetSearch();
  return (
    <label>
      <span className="visually-hidden">{name}</span>
      <input type="search" placeholder={example} value={find} onChange={({ target }) => set({ [word]: target.value || undefined })} />
    </label>
  );
};
