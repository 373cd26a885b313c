/** Starts programs. Every child gets a clean environment: what the agent was started with is none of theirs. */
import { type ChildProcess, spawn } from 'node:child_process';

/** ip, iptables and nsenter lie in sbin, which an ordinary user's PATH lacks on Debian. */
export const toolPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Child {
  readonly pid: number;
  readonly process: ChildProcess;
  readonly exited: Promise<Exit>;
}

export interface StartOptions {
  /** Where standard output and error go; absent: nowhere. */
  readonly output?: (chunk: Buffer) => void;
  /** A file descriptor for standard output and error, instead of `output`. */
  readonly outputTo?: number;
  /** Written to file descriptor 3, for what must not stand on a command line. */
  readonly secret?: string;
  readonly stdin?: 'pipe' | 'ignore';
  /** Absent: `/`. */
  readonly directory?: string;
  /** Its own session: a Ctrl-C at the terminal does not reach it, and the group can be killed as one. */
  readonly detached?: boolean;
}

export const start = (command: readonly string[], options: StartOptions = {}): Child => {
  const [program = '', ...args] = command;
  const process = spawn(program, args, {
    env: { PATH: toolPath },
    cwd: options.directory ?? '/',
    detached: options.detached ?? false,
    stdio: [
      options.stdin ?? 'ignore',
      options.outputTo ?? 'pipe',
      options.outputTo ?? 'pipe',
      options.secret === undefined ? 'ignore' : 'pipe',
    ],
  });
  const exited = new Promise<Exit>((resolve) => {
    process.once('exit', (code, signal) => resolve({ code, signal }));
    process.once('error', (error) => {
      options.output?.(Buffer.from(`${error.message}\n`));
      resolve({ code: 127, signal: null });
    });
  });
  const output = options.output ?? (() => {});
  process.stdout?.on('data', output);
  process.stderr?.on('data', output);
  const secret = process.stdio[3];
  if (options.secret !== undefined && secret && 'end' in secret) {
    secret.on('error', () => {}); // The child died first: its exit tells.
    secret.end(options.secret);
  }
  return { pid: process.pid ?? 0, process, exited };
};

/** Runs a short program to its end; throws with the last line that it wrote. */
export const run = async (command: readonly string[], { input = '', timeoutMs = 20_000 } = {}): Promise<string> => {
  const chunks: Buffer[] = [];
  const child = start(command, { stdin: 'pipe', output: (chunk) => chunks.push(chunk) });
  child.process.stdin?.on('error', () => {});
  child.process.stdin?.end(input);
  const timer = setTimeout(() => child.process.kill('SIGKILL'), timeoutMs);
  const [exit] = await Promise.all([child.exited, new Promise((resolve) => child.process.once('close', resolve).once('error', resolve))]);
  clearTimeout(timer);
  const text = Buffer.concat(chunks).toString();
  if (exit.code === 0) return text;
  const reason = text.trim().split('\n').at(-1) || `exit ${exit.code ?? exit.signal}`;
  throw new Error(`${command[0]}: ${reason}`);
};

export const describeExit = ({ code, signal }: Exit): string => {
  if (signal) return `ended by ${signal}`;
  if (code === 127) return 'exited with code 127 (command not found)';
  return `exited with code ${code}`;
};
