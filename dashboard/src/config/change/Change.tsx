/** A guarded change: written and checked, compared and previewed, applied, seen to arrive, and taken back if it must be. */
import type { ApplyRequest, ApplyResult, Finding, ObjectRef, Origin } from '@weft/model';
import { type ReactNode, useState } from 'react';
import { Refused, send } from '../../api/get.ts';
import { useMay } from '../../api/session.ts';
import { Badge, Panel, save } from '../../kit/parts.tsx';
import { Failed } from '../../kit/states.tsx';
import { useKnowledge } from '../editor/knowledge.ts';
import { Editor } from '../editor/LazyEditor.tsx';
import { FindingList } from '../FindingList.tsx';
import { originWords } from '../objects.tsx';
import { type Checked, requestFor, useCheck } from './check.ts';
import type { Draft } from './draft.ts';
import { Leaving } from './Leaving.tsx';
import { DraftState } from './Meanwhile.tsx';
import { Preview } from './Preview.tsx';
import { Rollout } from './Rollout.tsx';

export interface ChangeProps {
  /** Absent: the object is new, and named by its text. */
  readonly of?: ObjectRef;
  readonly draft: Draft;
  readonly origin?: Origin;
  readonly onLeave: () => void;
  /** A form that writes the text, beside it. */
  readonly form?: ReactNode;
}

const Ownership = ({ origin, text }: { readonly origin: Origin; readonly text: string }) => (
  <div className="note" data-tone="warn">
    <p>
      <strong>{originWords(origin)}</strong> owns this object: what is applied here would be refused. Edit it all the same to have it
      checked, compared and previewed; then put the text in that file, and the mesh takes it as soon as it is saved.
    </p>
    <p className="row">
      <button type="button" className="button" onClick={() => void navigator.clipboard.writeText(text)}>
        Copy the text
      </button>
      <button type="button" className="button plain" onClick={() => save('change.yaml', new Blob([text], { type: 'application/yaml' }))}>
        Save as a file
      </button>
    </p>
  </div>
);

const Verdict = ({ checked, onSelect }: { readonly checked: Checked; readonly onSelect?: (finding: Finding) => void }) => {
  if (checked.state === 'failed') return <Failed error={checked.error} />;
  return (
    <div aria-live="polite" aria-busy={checked.state === 'checking'}>
      {checked.state === 'checking' && checked.text === '' ? (
        <p className="soft">Checking …</p>
      ) : (
        <FindingList findings={checked.findings} none="Nothing is wrong with it." ofOne {...(onSelect && { onSelect })} />
      )}
    </div>
  );
};

interface Applied {
  readonly revision: number;
  readonly refs: readonly ObjectRef[];
}

interface ReviewProps extends Pick<ChangeProps, 'of' | 'draft' | 'origin'> {
  readonly checked: Checked;
  readonly onBack: () => void;
  readonly onApplied: (applied: Applied) => void;
}

/** So that what somebody else made of it meanwhile is not written over. */
const readBy = ({ of, draft }: Pick<ReviewProps, 'of' | 'draft'>): Pick<ApplyRequest, 'read'> =>
  of ? { read: [{ ref: of, revision: draft.read.revision }] } : {};

const Review = ({ of, draft, origin, checked, onBack, onApplied }: ReviewProps) => {
  const { text, read, meanwhile } = draft;
  const before = read.text;
  const [error, setError] = useState<unknown>();
  const [applying, setApplying] = useState(false);
  const may = useMay('admin');
  const owned = origin?.source === 'file';
  const apply = async (): Promise<void> => {
    setApplying(true);
    setError(undefined);
    try {
      const { revision, items } = await send<ApplyResult>('/apply', {
        ...requestFor(text, origin),
        ...readBy({ draft, ...(of && { of }) }),
      });
      draft.discard();
      onApplied({ revision, refs: items.filter(({ action }) => action !== 'refused').map(({ ref }) => ref) });
    } catch (reason) {
      setError(reason);
    }
    setApplying(false);
  };
  return (
    <>
      <Panel
        title="What changes"
        tools={
          <>
            <button type="button" className="button" onClick={onBack}>
              Back to the text
            </button>
            {!owned && (
              <button
                type="button"
                className="button primary"
                disabled={!may || applying || meanwhile !== undefined}
                onClick={() => void apply()}
              >
                {applying ? 'Applying …' : 'Apply'}
              </button>
            )}
          </>
        }
      >
        {!may && <p className="note">Your role may look at this, but not apply it; an administrator may.</p>}
        {owned && <Ownership origin={origin} text={text} />}
        <DraftState draft={draft} />
        {error !== undefined && <Failed error={error} />}
        {error instanceof Refused && <FindingList findings={error.findings} none="" ofOne />}
        <Editor label="Difference" text={text} {...(before && { before })} />
        <Verdict checked={checked} />
      </Panel>
      <Preview request={{ text }} />
    </>
  );
};

const toolsOf = (checked: Checked, changed: boolean): ReactNode => {
  if (!changed) return <Badge>not changed</Badge>;
  if (checked.state === 'checking') return <Badge>checking</Badge>;
  return null;
};

export const Change = ({ of, draft, origin, onLeave, form }: ChangeProps) => {
  const { text, read } = draft;
  const [step, setStep] = useState<'text' | 'review'>('text');
  const [applied, setApplied] = useState<Applied>();
  const [target, setTarget] = useState<{ finding: Finding }>();
  const checked = useCheck(text, origin);
  const knowledge = useKnowledge();
  const changed = text !== read.text;
  if (applied) return <Rollout {...applied} onDone={onLeave} />;
  if (step === 'review')
    return (
      <>
        <Leaving draft={draft} />
        <Review
          {...{ draft, checked, ...(of && { of }), ...(origin && { origin }) }}
          onBack={() => setStep('text')}
          onApplied={setApplied}
        />
      </>
    );
  return (
    <Panel
      title="Change"
      tools={
        <>
          {toolsOf(checked, changed)}
          <button
            type="button"
            className="button plain"
            onClick={() => {
              draft.discard();
              onLeave();
            }}
          >
            Leave it as it is
          </button>
          <button type="button" className="button primary" disabled={!changed || text.trim() === ''} onClick={() => setStep('review')}>
            Review the change
          </button>
        </>
      }
    >
      <Leaving draft={draft} />
      {origin?.source === 'file' && <Ownership origin={origin} text={text} />}
      <DraftState draft={draft} />
      {form}
      <Editor label="Manifest" {...{ text, knowledge, findings: checked.findings, ...(target && { target }) }} onChange={draft.setText} />
      <p className="soft">
        <kbd>Ctrl Space</kbd> completes fields and values, <kbd>Ctrl F</kbd> finds, <kbd>Escape</kbd> and then <kbd>Tab</kbd> leaves the
        text. What is wrong is said while you write.
      </p>
      <h3>Findings</h3>
      <Verdict checked={checked} onSelect={(finding) => setTarget({ finding })} />
    </Panel>
  );
};
