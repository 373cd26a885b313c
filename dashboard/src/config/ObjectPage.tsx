/** One object: its text with what is wrong at its line, how it stands, what it refers to; and changing it. */
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type Finding, manifestText, type ObjectRef, refKey, refOf, type StoredObject } from '@weft/model';
import { useMemo, useState } from 'react';
import { useAsk } from '../api/ask.ts';
import { isGone } from '../api/get.ts';
import { Badge, Page, Panel, type Tone } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { useSetSearch, useShared } from '../shell/time.ts';
import { Change } from './change/Change.tsx';
import { Delete } from './change/Delete.tsx';
import { useDraft } from './change/draft.ts';
import { useKnowledge } from './editor/knowledge.ts';
import { Editor } from './editor/LazyEditor.tsx';
import { FindingList } from './FindingList.tsx';
import { ObjectHistory } from './history/ObjectHistory.tsx';
import { nameOf, originWords, pathOf } from './objects.tsx';
import { NowOrThen } from './past.tsx';
import { References } from './References.tsx';
import { Tabs } from './Tabs.tsx';

const tones: Readonly<Record<string, Tone>> = { True: 'good', False: 'bad', Unknown: 'plain' };

/** A conflict is told by a condition that is good when it is false. */
const toneOf = (type: string, status: string): Tone =>
  type === 'Conflicted' ? (status === 'False' ? 'good' : 'bad') : (tones[status] ?? 'plain');

const Standing = ({ object: { conditions = [], resource, revision } }: { readonly object: StoredObject }) => (
  <Panel title="How it stands">
    <dl className="standing">
      {conditions.map(({ type, status, message }) => (
        <div key={type}>
          <dt>{type}</dt>
          <dd>
            <Badge tone={toneOf(type, status)}>{status === 'True' ? 'yes' : status === 'False' ? 'no' : 'unknown'}</Badge> {message}
          </dd>
        </div>
      ))}
      <div>
        <dt>From</dt>
        <dd>
          <code>{originWords(resource.origin)}</code>
        </dd>
      </div>
      <div>
        <dt>Revision</dt>
        <dd>{revision}</dd>
      </div>
    </dl>
  </Panel>
);

const Look = ({ object, self }: { readonly object: StoredObject; readonly self: ObjectRef }) => {
  const [target, setTarget] = useState<{ finding: Finding }>();
  const knowledge = useKnowledge();
  const text = manifestText(object.resource);
  return (
    <div className="object">
      <div className="stack">
        <Panel title="Manifest">
          <Editor
            label={`Manifest of ${self.kind} ${self.name}`}
            {...{ text, knowledge, findings: object.findings, ...(target && { target }) }}
          />
        </Panel>
        <ObjectHistory of={self} />
      </div>
      <div className="stack">
        <Panel title="Findings">
          <FindingList findings={object.findings} none="Nothing is wrong with it." ofOne onSelect={(finding) => setTarget({ finding })} />
        </Panel>
        <Standing object={object} />
        <References object={object} self={self} />
      </div>
    </div>
  );
};

const Edit = ({ object: { resource, revision } }: { readonly object: StoredObject }) => {
  const set = useSetSearch();
  const of = refOf(resource);
  const draft = useDraft({ key: refKey(of), now: { text: manifestText(resource), revision } });
  return <Change {...{ of, draft }} origin={resource.origin} onLeave={() => set({ view: undefined })} />;
};

const Gone = ({ self }: { readonly self: ObjectRef }) => (
  <Empty>
    There is no {self.kind} {nameOf(self)} now. <Link to="/config">To all objects</Link>
  </Empty>
);

/** As it was: it can be read. What refers to what, and what is wrong with it, is known of now. */
const LookBack = ({ self, revision }: { readonly self: ObjectRef; readonly revision: number }) => {
  const object = useAsk<StoredObject>({ path: `/resources/${pathOf(self)}`, query: { revision }, topics: [] });
  const knowledge = useKnowledge();
  if (isGone(object.error))
    return (
      <Empty>
        There was no {self.kind} {nameOf(self)} then.
      </Empty>
    );
  return (
    <Panel title="Manifest">
      <Answer of={object} loading="Asking for the object">
        {({ resource }) => (
          <Editor label={`Manifest of ${self.kind} ${self.name}`} text={manifestText(resource)} {...{ knowledge }} findings={[]} />
        )}
      </Answer>
    </Panel>
  );
};

export const ObjectPage = () => {
  const { at } = useShared();
  const { kind = '', namespace = '', name = '' } = useParams({ strict: false }) as Readonly<Record<string, string>>;
  const { view } = useSearch({ strict: false }) as { view?: string };
  const self = useMemo<ObjectRef>(() => ({ kind, namespace: namespace === '-' ? '' : namespace, name }), [kind, namespace, name]);
  const navigate = useNavigate();
  const set = useSetSearch();
  const path = `/resources/${pathOf(self)}`;
  const object = useAsk<StoredObject>({ path, topics: ['resources', 'findings', 'proxies'] });
  const isSame = object.data && refOf(object.data.resource).name === name;
  const secret = kind === 'Secret';
  return (
    <Page
      title={`${kind} ${nameOf(self)}`}
      command={`npx weft get ${kind.toLowerCase()} ${name}${self.namespace ? ` -n ${self.namespace}` : ''} -o yaml`}
      call={path}
      tools={
        at === undefined &&
        object.data &&
        !isGone(object.error) &&
        view !== 'edit' && (
          <>
            {!secret && (
              <button type="button" className="button primary" onClick={() => set({ view: 'edit' })}>
                Edit
              </button>
            )}
            <Delete of={self} origin={object.data.resource.origin} onDone={() => void navigate({ to: '/config' })} />
          </>
        )
      }
    >
      <Tabs />
      <NowOrThen>
        {(revision) => {
          if (revision !== undefined) return <LookBack self={self} revision={revision} />;
          if (isGone(object.error)) return <Gone self={self} />;
          return (
            <Answer of={object} loading="Asking for the object">
              {(found) => (view === 'edit' && isSame && !secret ? <Edit key={path} object={found} /> : <Look object={found} self={self} />)}
            </Answer>
          );
        }}
      </NowOrThen>
    </Page>
  );
};
