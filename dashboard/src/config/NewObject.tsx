/** An object that is not there yet: its kind's least text, and then the same way as any change. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { kinds } from '@weft/model';
import { Page } from '../kit/parts.tsx';
import { useSetSearch, useShared } from '../shell/time.ts';
import { Change } from './change/Change.tsx';
import { useDraft } from './change/draft.ts';
import { Tabs } from './Tabs.tsx';
import { templateOf } from './templates.ts';

const writable = kinds
  .filter(({ state, kind }) => state === 'supported' && kind !== 'Secret')
  .toSorted((a, b) => (a.kind < b.kind ? -1 : 1));

interface WritingProps {
  readonly kind: string;
  readonly namespace: string;
  readonly onKind: (kind: string) => void;
}

/** Each kind has a draft of its own: who looks at another one loses nothing. */
const Writing = ({ kind, namespace, onKind }: WritingProps) => {
  const navigate = useNavigate();
  const draft = useDraft({ key: `new ${kind}`, now: { text: '', revision: 0 }, beginning: templateOf(kind, namespace) });
  return (
    <Change
      draft={draft}
      onLeave={() => void navigate({ to: '/config' })}
      form={
        <label className="row">
          Kind
          <select value={kind} onChange={({ target }) => onKind(target.value)}>
            {writable.map((one) => (
              <option key={`${one.group}/${one.kind}`}>{one.kind}</option>
            ))}
          </select>
        </label>
      }
    />
  );
};

export const NewObject = () => {
  const { kind: wanted = '' } = useSearch({ strict: false }) as { kind?: string };
  const { ns = 'default' } = useShared();
  const set = useSetSearch();
  const kind = writable.some((one) => one.kind === wanted) ? wanted : 'VirtualService';
  return (
    <Page title="New object" command="npx weft apply -f FILE" call={`/schemas/${kind}`}>
      <Tabs />
      <Writing key={`${kind} ${ns}`} kind={kind} namespace={ns} onKind={(next) => set({ kind: next })} />
    </Page>
  );
};
