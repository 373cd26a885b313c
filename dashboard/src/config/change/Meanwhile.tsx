/** Says that somebody else changed what is being written, and how; nothing of theirs is written over unseen. */
import { Link } from '@tanstack/react-router';
import { Editor } from '../editor/LazyEditor.tsx';
import type { Draft } from './draft.ts';

const Difference = ({ draft, meanwhile }: { readonly draft: Draft; readonly meanwhile: NonNullable<Draft['meanwhile']> }) => (
  <section className="note stack" data-tone="warn" aria-label="Changed meanwhile">
    <p>
      <strong>{meanwhile.text === '' ? 'It was deleted' : 'Somebody changed it'}</strong> while you were writing
      {meanwhile.revision > 0 && (
        <>
          {' '}
          (
          <Link to="/history/$revision" params={{ revision: String(meanwhile.revision) } as never}>
            revision {meanwhile.revision}
          </Link>
          )
        </>
      )}
      . Your text is as you wrote it, and was compared with what was there before.
    </p>
    <details open>
      <summary>What they changed</summary>
      <Editor
        label="What was changed meanwhile"
        text={meanwhile.text || draft.read.text}
        {...(meanwhile.text && draft.read.text && { before: draft.read.text })}
      />
    </details>
    <div className="row">
      <button type="button" className="button" onClick={draft.catchUp}>
        Keep my text, and compare it with theirs
      </button>
      <button type="button" className="button" onClick={draft.discard}>
        Take theirs, and throw mine away
      </button>
    </div>
  </section>
);

/** What was kept from before is said, so that nobody takes it for what is in force. */
export const DraftState = ({ draft }: { readonly draft: Draft }) => (
  <>
    {draft.restored && draft.isOpen() && (
      <p className="note row" data-tone="info">
        <span>This is your draft from before; it is not in force.</span>
        <button type="button" className="button" onClick={draft.discard}>
          Throw it away
        </button>
      </p>
    )}
    {draft.meanwhile && <Difference draft={draft} meanwhile={draft.meanwhile} />}
  </>
);
