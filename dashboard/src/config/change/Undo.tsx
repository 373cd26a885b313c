/** Takes a revision back, once somebody has read what that changes. */
import type { UndoResult } from '@weft/model';
import { useState } from 'react';
import { Refused, send } from '../../api/get.ts';
import { useMay } from '../../api/session.ts';
import { Confirm } from '../../kit/Confirm.tsx';
import { Failed, Loading } from '../../kit/states.tsx';
import { FindingList } from '../FindingList.tsx';
import { Differences } from '../history/Differences.tsx';
import { Preview } from './Preview.tsx';

const byHand = ({ changes }: UndoResult) => changes.flatMap(({ ref, byHand: place }) => (place ? [{ ref, place }] : []));

/** A refusal tells all the same what is in its way. */
const told = (error: unknown): UndoResult | undefined =>
  error instanceof Refused && typeof error.body === 'object' && error.body !== null && 'changes' in error.body
    ? (error.body as UndoResult)
    : undefined;

const Rehearsal = ({ result }: { readonly result: UndoResult }) => (
  <>
    <FindingList findings={result.findings} none="Nothing stands in its way." />
    {byHand(result).map(({ ref, place }) => (
      <p key={`${ref.kind}/${ref.namespace}/${ref.name}`} className="note" data-tone="warn">
        {ref.kind} {ref.name} is owned by <code>{`${place.file}:${place.line}`}</code>: write the text below there.
      </p>
    ))}
    <Differences changes={result.changes} />
  </>
);

export const Undo = ({ revision, onDone }: { readonly revision: number; readonly onDone?: (revision: number) => void }) => {
  const may = useMay('admin');
  const [open, setOpen] = useState(false);
  const [rehearsal, setRehearsal] = useState<UndoResult>();
  const [error, setError] = useState<unknown>();
  const ask = async (dryRun: boolean): Promise<void> => {
    try {
      const result = await send<UndoResult>('/undo', { revision, dryRun });
      setRehearsal(result);
      if (dryRun) return;
      setOpen(false);
      onDone?.(result.revision);
    } catch (reason) {
      setRehearsal(told(reason));
      setError(reason);
    }
  };
  const change = (next: boolean): void => {
    setOpen(next);
    setError(undefined);
    setRehearsal(undefined);
    if (next) void ask(true);
  };
  if (!may) return null;
  return (
    <Confirm
      name={`Undo revision ${revision}`}
      title={`Undo revision ${revision}?`}
      leave="Leave it"
      open={open}
      onOpen={change}
      action={
        <button type="button" className="button danger" disabled={!rehearsal || error !== undefined} onClick={() => void ask(false)}>
          Undo it
        </button>
      }
    >
      <p>What it changed becomes what it was before. That is a revision of its own, and can be undone, too.</p>
      {error !== undefined && <Failed error={error} />}
      {rehearsal ? <Rehearsal result={rehearsal} /> : error === undefined && <Loading what="Looking what that changes" />}
      {rehearsal && error === undefined && <Preview request={{ undo: revision }} />}
    </Confirm>
  );
};
