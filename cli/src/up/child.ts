/** A child process that is started again when it ends by itself. */
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastWords } from './last-words.ts';
import type { ProgramName } from './programs.ts';
import { startProgram } from './programs.ts';

export interface ChildSettings {
  readonly name: ProgramName;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly logFile: string;
  readonly onStart: (pid: number) => void;
  /** `again`: it will be started again after so many milliseconds; absent: it was told to end. */
  readonly onExit: (how: string, again: number) => void;
}

const firstPause = 200;
const longestPause = 5000;
/** After running this long, the next end is a new story. */
const settled = 30_000;
/** The agent ends workloads, each within its grace period, before it ends itself. */
const graceMs = 25_000;

const describe = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal ? `was ended by ${signal}` : `ended with code ${code}`;

export class Child {
  private readonly settings: ChildSettings;
  private process: ChildProcess | undefined;
  private exited: Promise<void> = Promise.resolve();
  private stopping = false;
  private pause = firstPause;
  private restart: NodeJS.Timeout | undefined;
  private logStart = 0;

  constructor(settings: ChildSettings) {
    this.settings = settings;
  }

  start(): void {
    const { name, args, env, logFile, onStart } = this.settings;
    const log = openSync(logFile, 'a', 0o600);
    this.logStart = statSync(logFile).size;
    const startedAt = performance.now();
    const child = startProgram({ name, args, env, log });
    closeSync(log);
    this.process = child;
    if (child.pid !== undefined) onStart(child.pid);
    this.exited = new Promise((resolve) => {
      child.on('error', (error) => this.ended(error.message, startedAt, resolve));
      child.on('exit', (code, signal) => this.ended(describe(code, signal), startedAt, resolve));
    });
  }

  private ended(how: string, startedAt: number, resolve: () => void): void {
    this.process = undefined;
    resolve();
    if (this.stopping) return;
    if (performance.now() - startedAt > settled) this.pause = firstPause;
    this.settings.onExit(how, this.pause);
    // It keeps this process alive: while both children are away nothing else does.
    this.restart = setTimeout(() => this.start(), this.pause);
    this.pause = Math.min(this.pause * 2, longestPause);
  }

  /** The last thing it wrote since its last start, for the one line that says why it ended. */
  lastWords(): string {
    return lastWords(readFileSync(this.settings.logFile).subarray(this.logStart).toString());
  }

  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.restart);
    const child = this.process;
    if (!child) return;
    child.kill('SIGTERM');
    await Promise.race([this.exited, sleep(graceMs, undefined, { ref: false })]);
    if (this.process) child.kill('SIGKILL');
    await this.exited;
  }
}
