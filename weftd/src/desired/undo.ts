/** Taking back a revision: each object it changed becomes what it was before, unless it was changed again since, or a file owns it. */
import type { ApplyAction, Finding, ObjectRef, Resource } from '@weft/model';
import { refKey } from '@weft/model';
import type { Change } from '../store/history.ts';
import { changedAgain, takenBackInFile } from './findings.ts';

export interface Place {
  readonly file: string;
  readonly line: number;
}

export interface UndoStep {
  readonly ref: ObjectRef;
  readonly action: ApplyAction;
  /** As it is. */
  readonly now?: Resource;
  /** As it shall be; absent: not at all. */
  readonly wanted?: Resource;
  /** Where a person has to change it. */
  readonly byHand?: Place;
  readonly finding?: Finding;
}

export interface Situation {
  /** What is in force, by `refKey`. */
  readonly now: (key: string) => Resource | undefined;
  /** The file that owns the object now. */
  readonly fileOf: (key: string) => Place | undefined;
  /** Files are read: what they held is theirs to bring back. */
  readonly hasFolder: boolean;
}

const same = (a: Resource | undefined, b: Resource | undefined): boolean => a?.hash === b?.hash;

const placeOf = (now: Resource | undefined, wanted: Resource | undefined, { hasFolder }: Situation): Place | undefined => {
  const origin = now ? undefined : wanted?.origin;
  return hasFolder && origin?.source === 'file' ? origin : undefined;
};

const stepOf = ({ ref, before: wanted, after }: Change, revision: number, situation: Situation): UndoStep => {
  const now = situation.now(refKey(ref));
  const both = { ref, ...(now && { now }), ...(wanted && { wanted }) };
  if (same(now, wanted)) return { ...both, action: 'unchanged' };
  if (!same(now, after)) return { ...both, action: 'refused', finding: changedAgain(ref, revision) };
  const byHand = situation.fileOf(refKey(ref)) ?? placeOf(now, wanted, situation);
  if (byHand) return { ...both, action: 'refused', byHand, finding: takenBackInFile(ref, byHand) };
  return { ...both, action: wanted ? (now ? 'configured' : 'created') : 'deleted' };
};

export const undoSteps = (
  { revision, changes }: { readonly revision: number; readonly changes: readonly Change[] },
  situation: Situation,
): readonly UndoStep[] => changes.map((change) => stepOf(change, revision, situation));
