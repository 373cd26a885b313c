import type { Code } from './codes.ts';
import type { Severity } from './finding.ts';

/** What a check says about one object; `parse` adds the object, its file and the line, and makes it a Finding. */
export interface Problem {
  readonly code: Code;
  readonly severity: Severity;
  readonly path: string;
  readonly message: string;
  readonly help: string;
  /** An error about a part: the part has no effect, the rest of the object is taken. */
  readonly part?: true;
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
