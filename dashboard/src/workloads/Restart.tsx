/** Starts new instances in place of those that run, after a question. */
import { AlertDialog } from 'radix-ui';
import { useState } from 'react';
import { send } from '../api/get.ts';
import { useMay } from '../api/session.ts';
import { Failed } from '../kit/states.tsx';

export const Restart = ({ namespace, name }: { readonly namespace: string; readonly name: string }) => {
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<unknown>();
  const [asked, setAsked] = useState(false);
  const may = useMay('operator');
  if (!may) return null;
  const restart = async (): Promise<void> => {
    try {
      await send(`/workloads/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/restart`);
      setError(undefined);
      setAsked(true);
      setOpen(false);
    } catch (refusal) {
      setError(refusal);
    }
  };
  return (
    <>
      {asked && <span role="status">It is being restarted.</span>}
      <AlertDialog.Root open={open} onOpenChange={setOpen}>
        <AlertDialog.Trigger className="button">Restart</AlertDialog.Trigger>
        <AlertDialog.Portal>
          <AlertDialog.Overlay className="overlay" />
          <AlertDialog.Content className="palette stack">
            <AlertDialog.Title>
              Restart {namespace}/{name}?
            </AlertDialog.Title>
            <AlertDialog.Description>
              New instances are started, and those that run end when the new ones are ready. With one instance requests may wait or fail
              meanwhile.
            </AlertDialog.Description>
            {error !== undefined && <Failed error={error} />}
            <div className="tools">
              <AlertDialog.Cancel className="button">Cancel</AlertDialog.Cancel>
              <button type="button" className="button danger" onClick={() => void restart()}>
                Restart it
              </button>
            </div>
          </AlertDialog.Content>
        </AlertDialog.Portal>
      </AlertDialog.Root>
    </>
  );
};
