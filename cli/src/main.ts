/** The process's edges: arguments, environment, streams and the exit code; nothing else in `cli` reads them. */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { filesOf, type Place, placeOf } from '@weft/model';
import { CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { createApi } from './api/client.ts';
import type { Cli } from './cli.ts';
import { exitCodes, Failure } from './exit.ts';
import { createProgram } from './program.ts';
import { createTerminal, type Terminal } from './terminal.ts';

const placeHere = (): Place =>
  placeOf({
    env: process.env,
    uid: process.getuid?.() ?? 0,
    userHome: homedir(),
    hash8: (text) => createHash('sha256').update(text).digest('hex').slice(0, 8),
  });

/** `--color` counts before anything is parsed, so that errors of parsing obey it. */
const colorAsked = (argv: readonly string[]): string | undefined => {
  const index = argv.findIndex((word) => word === '--color' || word.startsWith('--color='));
  const value = argv[index]?.split('=')[1] ?? argv[index + 1];
  return index >= 0 && value !== 'auto' ? value : undefined;
};

const exitCodeOf = (error: unknown, terminal: Terminal): number => {
  // Commander has printed its message already; asking for help is no error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof Failure) {
    if (error.message) terminal.err(`${terminal.paint.red('weft:')} ${error.message}`);
    return error.exitCode;
  }
  const message = error instanceof Error ? error.message : String(error);
  terminal.err(`${terminal.paint.red('weft:')} ${message} (this is a bug in weft; WEFT_DEBUG=1 prints where)`);
  if (process.env.WEFT_DEBUG === '1') terminal.err(String(error instanceof Error ? error.stack : error));
  return exitCodes.error;
};

const main = async (argv: readonly string[]): Promise<number> => {
  const color = colorAsked(argv);
  const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr, env: process.env, ...(color && { color }) });
  const place = placeHere();
  const cli: Cli = {
    terminal,
    place,
    api: createApi(filesOf(place).apiSocket),
    env: process.env,
    stdin: process.stdin,
    version: manifest.version,
  };
  try {
    await createProgram(cli).parseAsync([...argv], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    return exitCodeOf(error, terminal);
  }
};

// `weft get … | head` ends early on purpose.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await main(process.argv.slice(2));
