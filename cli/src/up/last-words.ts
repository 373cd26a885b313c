/** Why a program ended, from what it wrote. */

/** pino's number for `error`; `fatal` is above it (getpino.io/#/docs/api?id=loggerlevels-object). */
const errorLevel = 50;

interface LogLine {
  readonly level?: number;
  readonly msg?: string;
  readonly err?: { readonly message?: string };
}

const parsed = (line: string): LogLine | undefined => {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
};

/** Plain text that a program wrote before it had a logger; a line of JSON that a full disk cut off is not for people. */
const isPlain = (line: string): boolean => line !== '' && !line.includes('{"level"') && !/^\s+at |^Node\.js v/.test(line);

/**
 * @param written all since the program's start
 * @returns the message of the last complete line of level error or above; else the last line of plain text; else nothing
 */
export const lastWords = (written: string): string => {
  const lines = written.trim().split('\n');
  const fatal = lines.map(parsed).findLast((line) => (line?.level ?? 0) >= errorLevel);
  if (!fatal) return lines.findLast((line) => !parsed(line) && isPlain(line)) ?? '';
  return [fatal.msg, fatal.err?.message].filter(Boolean).join(': ');
};
