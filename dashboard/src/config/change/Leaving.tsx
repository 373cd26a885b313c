/** Asks before a page with something unsaved is left: it stays as a draft of the tab, or is thrown away. */
import { useBlocker } from '@tanstack/react-router';
import { Dialog } from '../../kit/Confirm.tsx';
import type { Draft } from './draft.ts';

interface Place {
  readonly pathname: string;
  readonly search: unknown;
}

const viewOf = ({ search }: Place): unknown => (search as { readonly view?: unknown }).view;

/** Filters of the same page may change, and who has to log in again comes back. */
const isLeft = (current: Place, next: Place): boolean =>
  next.pathname !== '/login' && (current.pathname !== next.pathname || viewOf(current) !== viewOf(next));

export const Leaving = ({ draft }: { readonly draft: Draft }) => {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => draft.isOpen() && isLeft(current, next),
    enableBeforeUnload: draft.isOpen,
    withResolver: true,
  });
  return (
    <Dialog title="Leave what is not applied yet?" open={status === 'blocked'} onClose={() => reset?.()}>
      <p>Nothing of it is in force. Kept as a draft, it is here again when you come back to this page in this tab.</p>
      <div className="row">
        <button type="button" className="button primary" onClick={() => reset?.()}>
          Stay
        </button>
        <button type="button" className="button" onClick={() => proceed?.()}>
          Leave, and keep it as a draft
        </button>
        <button
          type="button"
          className="button danger"
          onClick={() => {
            draft.discard();
            proceed?.();
          }}
        >
          Throw it away
        </button>
      </div>
    </Dialog>
  );
};
