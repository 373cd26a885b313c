/** `agent host` and `agent node`: flags and signals only. */
import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { readSettings } from './settings.ts';

const stop = new AbortController();
const fail = (error: unknown): never => {
  process.stderr.write(`agent: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
};

const script = fileURLToPath(import.meta.url);

/** What a full disk does not take is kept up to this size, then dropped: it costs log lines, never the workloads. */
const unwrittenBytes = 1024 * 1024;

const main = async (): Promise<void> => {
  process.umask(0o077);
  const settings = readSettings(process.argv.slice(2), { userHome: homedir() });
  const destination = pino.destination({ fd: 2, sync: true, maxLength: unwrittenBytes });
  destination.on('error', () => {});
  // The mesh's own output passes through here, too.
  process.stderr.on('error', () => {});
  const logger = pino({ name: `agent ${settings.role}`, level: settings.verbose ? 'debug' : 'info' }, destination);
  if (settings.role === 'node') {
    // Whatever goes wrong with one pod must not end the others, and all of them end with this process.
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(event, (error: unknown) => logger.error({ err: error }, 'a bug in the agent; it goes on'));
    }
    // Signals from a terminal are the host's to hear; it closes our input when it wants the end.
    process.stdin.resume().on('end', () => stop.abort());
    const program = [process.execPath, script] as const;
    const { runNode } = await import('./node/node.ts'); // The host's side needs none of it, gRPC above all.
    return runNode({ settings, logger, now: Date.now, random: Math.random, boot: randomUUID(), program }, stop.signal);
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stop.abort());
  const program = [process.execPath, ...process.execArgv, script];
  const uid = process.getuid?.() ?? -1;
  const { runHost } = await import('./host/host.ts');
  return runHost(
    { settings, logger, now: Date.now, env: process.env, userHome: settings.userHome, uid, platform: process.platform, program },
    stop.signal,
  );
};

main().then(() => process.exit(0), fail);
