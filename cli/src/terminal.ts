import pc from 'picocolors';

/** Data goes to stdout, everything meant for a human being to stderr: so a pipe gets the one and a person sees the other. */
export interface Terminal {
  /** Writes a line of data. */
  readonly out: (line: string) => void;
  /** Writes a line for the person in front. */
  readonly err: (line: string) => void;
  /** Writes bytes as they are. */
  readonly raw: (bytes: Uint8Array, to: 'out' | 'err') => void;
  readonly paint: ReturnType<typeof pc.createColors>;
  /** Somebody watches: progress may be redrawn. */
  readonly interactive: boolean;
}

export interface Streams {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `--color`; absent: as the streams and NO_COLOR (https://no-color.org) say. */
  readonly color?: string;
}

export const createTerminal = ({ stdout, stderr, env, color }: Streams): Terminal => {
  const colorful = color ? color === 'always' : Boolean(stdout.isTTY) && !env.NO_COLOR && env.TERM !== 'dumb';
  return {
    out: (line) => stdout.write(`${line}\n`),
    err: (line) => stderr.write(`${line}\n`),
    raw: (bytes, to) => (to === 'out' ? stdout : stderr).write(bytes),
    paint: pc.createColors(colorful),
    interactive: Boolean(stderr.isTTY) && !env.CI,
  };
};
