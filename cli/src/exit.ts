/** Exit codes, as istioctl's: sysexits.h where it has one, 79 for "analysis found issues". */
export const exitCodes = { ok: 0, error: 1, usage: 64, data: 65, issues: 79 } as const;

/** The command cannot do what was asked; the message is all that the user sees (never a stack trace). */
export class Failure extends Error {
  readonly exitCode: number;

  /** @param message empty where everything was said already */
  constructor(message: string, exitCode: number = exitCodes.error, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
