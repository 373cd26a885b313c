/** An object that is not there yet: its kind's least text, and then the same way as any change. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { kinds } from '@weft/model';
import { useState } from 'react';
import { Page } from '../kit/parts.tsx';
import { useShared } from '../shell/time.ts';
import { Change } from './change/Change.tsx';
import { Tabs } from './Tabs.tsx';

const writable = kinds
  .filter(({ state, kind }) => state === 'supported' && kind !== 'Secret')
  .toSorted((a, b) => (a.kind < b.kind ? -1 : 1));

const beginning = (name: string, namespace: string): string => {
  const kind = writable.find((one) => one.kind === name);
  if (!kind) return '';
  const apiVersion = kind.group === '' ? kind.versions[0] : `${kind.group}/${kind.versions[0]}`;
  const where = kind.namespaced ? `\n  namespace: ${namespace}` : '';
  return `apiVersion: ${apiVersion}\nkind: ${kind.kind}\nmetadata:\n  name: ${where}\n${kind.body === 'spec' ? 'spec:\n  ' : ''}`;
};

export const NewObject = () => {
  const { kind: wanted = 'VirtualService' } = useSearch({ strict: false }) as { kind?: string };
  const { ns = 'default' } = useShared();
  const [kind, setKind] = useState(wanted);
  const [text, setText] = useState(() => beginning(wanted, ns));
  const navigate = useNavigate();
  const choose = (next: string): void => {
    setKind(next);
    setText(beginning(next, ns));
  };
  return (
    <Page title="New object" command="npx weft apply -f FILE" call="/schemas/VirtualService">
      <Tabs />
      <Change
        before=""
        text={text}
        onText={setText}
        onLeave={() => void navigate({ to: '/config' })}
        form={
          <label className="row">
            Kind
            <select value={kind} onChange={({ target }) => choose(target.value)}>
              {writable.map((one) => (
                <option key={`${one.group}/${one.kind}`}>{one.kind}</option>
              ))}
            </select>
          </label>
        }
      />
    </Page>
  );
};
