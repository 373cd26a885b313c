/** Deletes an object, once somebody has read what that means. */
import type { ApplyResult, ObjectRef, Origin } from '@weft/model';
import { useState } from 'react';
import { send } from '../../api/get.ts';
import { useMay } from '../../api/session.ts';
import { Confirm } from '../../kit/Confirm.tsx';
import { Failed } from '../../kit/states.tsx';
import { nameOf, originWords, useObjects } from '../objects.tsx';
import { naming } from '../references.ts';
import { Preview } from './Preview.tsx';

export interface DeleteProps {
  readonly of: ObjectRef;
  readonly origin: Origin;
  readonly onDone: () => void;
}

/** Who will miss it. */
const Naming = ({ of }: { readonly of: ObjectRef }) => {
  const { data } = useObjects();
  const references = naming(
    of,
    (data?.items ?? []).map(({ resource }) => resource),
  );
  if (references.length === 0) return <p>No other object names it.</p>;
  return (
    <>
      <p>These objects name it and would miss it:</p>
      <ul>
        {references.map(({ from, path }) => (
          <li key={`${from.kind}/${from.namespace}/${from.name} ${path}`}>
            {from.kind} {nameOf(from)} <code className="soft">{path}</code>
          </li>
        ))}
      </ul>
    </>
  );
};

export const Delete = ({ of, origin, onDone }: DeleteProps) => {
  const may = useMay('admin');
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<unknown>();
  const owned = origin.source === 'file';
  const remove = async (): Promise<void> => {
    try {
      await send<ApplyResult>('/delete', { objects: [of] });
      onDone();
    } catch (reason) {
      setError(reason);
    }
  };
  if (!may) return null;
  return (
    <Confirm
      name="Delete"
      danger
      title={`Delete ${of.kind} ${nameOf(of)}?`}
      leave="Keep it"
      open={open}
      onOpen={setOpen}
      action={
        !owned && (
          <button type="button" className="button danger" onClick={() => void remove()}>
            Delete it
          </button>
        )
      }
    >
      {owned ? (
        <p>
          <strong>{originWords(origin)}</strong> owns it: remove it from that file, and it is gone from the mesh as soon as the file is
          saved.
        </p>
      ) : (
        <p>Proxies lose it at once. Its last revision stays in the history, from which it can be brought back.</p>
      )}
      <Naming of={of} />
      {!owned && <Preview request={{ delete: [of] }} />}
      {error !== undefined && <Failed error={error} />}
    </Confirm>
  );
};
