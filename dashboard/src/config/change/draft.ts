/**
 * What somebody writes and has not applied. It is kept for the tab: leaving the page, loading it again or having to log in again
 * loses nothing, and who changed the object meanwhile is not written over.
 */
import { useRef, useState } from 'react';

/** An object's text as it is in force, and the revision that it was last changed in; 0: there is none. */
export interface InForce {
  readonly text: string;
  readonly revision: number;
}

/** What was read when the draft was begun, and what is written. */
export interface Kept {
  readonly read: InForce;
  readonly text: string;
}

export interface Draft extends Kept {
  /** It was kept from an earlier visit of the page. */
  readonly restored: boolean;
  /** What somebody else made of the object since it was read. */
  readonly meanwhile?: InForce;
  readonly setText: (next: string | ((now: string) => string)) => void;
  /** Goes on from what is in force now, with the text as it is written. */
  readonly catchUp: () => void;
  /** Nothing of it is kept any more, and what is in force is shown. */
  readonly discard: () => void;
  /** Whether something would be lost. Asked of what is kept, since pages ask while they are left. */
  readonly isOpen: () => boolean;
}

const prefix = 'weft.draft.';

const isKept = (value: unknown): value is Kept => {
  const { read, text } = (value ?? {}) as Partial<Kept>;
  return typeof text === 'string' && typeof read?.text === 'string' && typeof read.revision === 'number';
};

/** @returns undefined where nothing is kept, or nothing that can be read */
export const keptDraft = (store: Storage, key: string): Kept | undefined => {
  try {
    const value: unknown = JSON.parse(store.getItem(prefix + key) ?? 'null');
    return isKept(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** A text that is what it was is no draft. */
export const keepDraft = (store: Storage, key: string, kept: Kept | undefined): void => {
  try {
    if (!kept || kept.text === kept.read.text) store.removeItem(prefix + key);
    else store.setItem(prefix + key, JSON.stringify(kept));
  } catch {
    // More than the browser keeps: the page asks before it is left all the same.
    store.removeItem(prefix + key);
  }
};

/** Whoever comes to this tab next reads nothing of them. */
export const forgetDrafts = (store: Storage): void => {
  for (const key of Object.keys(store)) if (key.startsWith(prefix)) store.removeItem(key);
};

interface DraftInput {
  /** Whose it is: an object, or the form of a new one. */
  readonly key: string;
  readonly now: InForce;
  /** What is written at first. */
  readonly beginning?: string;
}

export const useDraft = ({ key, now, beginning = now.text }: DraftInput): Draft => {
  const [restored] = useState(() => keptDraft(sessionStorage, key));
  const [kept, setKept] = useState<Kept>(restored ?? { read: now, text: beginning });
  // A form may write several fields before the page is drawn again.
  const latest = useRef(kept);
  const first = useRef(beginning);
  const keep = (next: Kept): void => {
    latest.current = next;
    setKept(next);
    keepDraft(sessionStorage, key, next.text === first.current ? undefined : next);
  };
  return {
    ...kept,
    restored: restored !== undefined,
    ...(now.text !== kept.read.text && { meanwhile: now }),
    setText: (next) => keep({ ...latest.current, text: typeof next === 'string' ? next : next(latest.current.text) }),
    catchUp: () => keep({ ...latest.current, read: now }),
    discard: () => {
      first.current = beginning;
      keep({ read: now, text: beginning });
    },
    isOpen: () => latest.current.text !== latest.current.read.text && latest.current.text !== first.current,
  };
};
