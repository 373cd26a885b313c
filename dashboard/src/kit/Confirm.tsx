/**
 * Asks before something is done. It is the browser's own dialog: focus stays inside, Escape leaves it, and it needs no `<style>`
 * element, which the console's policy does not allow.
 */
import { type ReactNode, useEffect, useId, useRef } from 'react';

export interface DialogProps {
  readonly title: string;
  readonly open: boolean;
  /** It was left, also by Escape. */
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export const Dialog = ({ title, open, onClose, children }: DialogProps) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  return (
    <dialog ref={dialog} role="alertdialog" className="dialog" aria-labelledby={id} onClose={onClose}>
      {open && (
        <div className="stack">
          <h2 id={id}>{title}</h2>
          {children}
        </div>
      )}
    </dialog>
  );
};

export interface ConfirmProps {
  /** On the button that opens it. */
  readonly name: string;
  readonly danger?: boolean;
  readonly title: string;
  /** What leaves all as it is. */
  readonly leave: string;
  /** What does it. */
  readonly action?: ReactNode;
  readonly open: boolean;
  readonly onOpen: (open: boolean) => void;
  readonly children: ReactNode;
}

export const Confirm = ({ name, danger = false, title, leave, action, open, onOpen, children }: ConfirmProps) => (
  <>
    <button type="button" className={danger ? 'button danger' : 'button'} aria-haspopup="dialog" onClick={() => onOpen(true)}>
      {name}
    </button>
    <Dialog title={title} open={open} onClose={() => onOpen(false)}>
      {children}
      <div className="row">
        <button type="button" className="button" onClick={() => onOpen(false)}>
          {leave}
        </button>
        {action}
      </div>
    </Dialog>
  </>
);
