/** Starts new instances in place of those that run, after a question. */
import { useState } from 'react';
import { send } from '../api/get.ts';
import { useMay } from '../api/session.ts';
import { Confirm } from '../kit/Confirm.tsx';
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
      <Confirm
        name="Restart"
        title={`Restart ${namespace}/${name}?`}
        leave="Cancel"
        action={
          <button type="button" className="button danger" onClick={() => void restart()}>
            Restart it
          </button>
        }
        open={open}
        onOpen={setOpen}
      >
        <p>
          New instances are started, and those that run end when the new ones are ready. With one instance requests may wait or fail
          meanwhile.
        </p>
        {error !== undefined && <Failed error={error} />}
      </Confirm>
    </>
  );
};
