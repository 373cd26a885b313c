/** weftd's flags. Everything else is in `app.ts`. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { diskIsFull, isDiskFull, placeOf } from '@weft/model';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Logger, pino } from 'pino';
import manifest from '../package.json' with { type: 'json' };
import { type App, startApp, type TcpAddress } from './app.ts';

interface Flags {
  readonly folder?: string;
  readonly home?: string;
  readonly run?: string;
  readonly xds: TcpAddress;
  readonly api: TcpAddress;
  readonly gatewayPort: number;
  readonly clusterId: string;
  readonly logLevel: string;
}

const port = (text: string): number => {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return number;
};

const loopback = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Local only: who is on the same machine is checked by mode bits, tokens and certificates; nobody else is let near. */
const tcpAddress = (text: string): TcpAddress => {
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon);
  if (!loopback.has(host)) throw new InvalidArgumentError('write a loopback address and a port, like 127.0.0.1:15012.');
  return { host: host.replace(/^\[|\]$/g, ''), port: port(text.slice(colon + 1)) };
};

const folder = (text: string): string => {
  const path = resolve(text);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat && !stat.isDirectory()) throw new InvalidArgumentError(`${path} is not a folder.`);
  return path;
};

const flagsOf = (argv: readonly string[]): Flags =>
  new Command('weftd')
    .description('the control plane of Weft')
    .version(manifest.version)
    .option('--folder <dir>', 'folder of manifests to watch', folder)
    .option('--home <dir>', 'where state is kept (default: WEFT_HOME, or ~/.local/state/weft)')
    .option('--run <dir>', 'where sockets are made (default: by home)')
    .option('--xds <address>', 'where Envoys and agents connect', tcpAddress, tcpAddress('127.0.0.1:15012'))
    .option('--api <address>', 'where the API answers, with a token', tcpAddress, tcpAddress('127.0.0.1:15080'))
    .option('--gateway-port <port>', 'port of 127.0.0.1 that leads to the gateway', port, 8080)
    .option('--cluster-id <name>', 'name of this cluster', 'local')
    .addOption(
      new Option('--log-level <level>', 'least important message that is logged')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .parse([...argv])
    .opts<Flags>();

const hash8 = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** What a full disk does not take is kept up to this size, then dropped: logging must not end what it tells of. */
const unwrittenBytes = 1024 * 1024;

const logAt = (level: string): Logger => {
  const destination = pino.destination({ fd: 1, sync: true, maxLength: unwrittenBytes });
  destination.on('error', () => {});
  return pino({ level }, destination);
};

const main = async (): Promise<void> => {
  const flags = flagsOf(process.argv);
  const log = logAt(flags.logLevel);
  const env = { ...process.env, ...(flags.home !== undefined && { WEFT_HOME: resolve(flags.home) }) };
  const place = placeOf({ env, uid: process.getuid?.() ?? 0, userHome: homedir(), hash8 });
  let app: App | undefined;
  const end = (code: number): void => {
    Promise.resolve(app?.stop()).finally(() => process.exit(code));
  };
  const fail = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    log.fatal(isDiskFull(error) ? diskIsFull(place.home) : reason);
    end(1);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => end(0));
  // A mistake of ours somewhere must not take the control plane down.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a mistake of ours'));
  try {
    const { xds, api, gatewayPort, clusterId } = flags;
    const where = { home: place.home, run: flags.run === undefined ? place.run : resolve(flags.run) };
    app = await startApp({
      ...(flags.folder !== undefined && { folder: flags.folder }),
      place: where,
      xds,
      api,
      gatewayPort,
      clusterId,
      version: manifest.version,
      log,
      onDeath: fail,
    });
    log.info({ ...app.addresses, home: where.home, run: where.run }, 'weftd is ready');
  } catch (error) {
    fail(error);
  }
};

await main();
