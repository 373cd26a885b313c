/** Set-up speaks on stderr: stdout belongs to the command that is run. */
export const say = (line) => process.stderr.write(`weft: ${line}\n`);

/** Something that the user has to do; printed as one line. */
export class Problem extends Error {}
