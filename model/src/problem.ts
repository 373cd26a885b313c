import type { Code } from './codes.ts';
import type { ObjectRef, Severity } from './finding.ts';

/** What a check says about one object; `parse` adds the object, its file and the line, and makes it a Finding. */
export interface Problem {
  readonly code: Code;
  readonly severity: Severity;
  readonly path: string;
  readonly message: string;
  readonly help: string;
  /** An error about a part: the part has no effect, the rest of the object is taken. */
  readonly part?: true;
  /** The object that counts instead, wherever a problem is a conflict between two. */
  readonly conflictsWith?: ObjectRef;
}

/** The object cannot be taken. */
export const wrong = (code: Code, path: string, [message, help]: readonly [message: string, help: string]): Problem => ({
  code,
  severity: 'error',
  path,
  message,
  help,
});

/** The object is taken, but probably does not mean what was meant. */
export const doubtful = (code: Code, path: string, [message, help]: readonly [message: string, help: string]): Problem => ({
  code,
  severity: 'warning',
  path,
  message,
  help,
});

/** A problem that is a conflict: `winner` says the same, and counts. */
export const against = (winner: ObjectRef, problem: Problem): Problem => ({ ...problem, conflictsWith: winner });
