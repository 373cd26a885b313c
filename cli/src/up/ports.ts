import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { Failure } from '../exit.ts';

export interface Address {
  /** What names it on the command line. */
  readonly flag: string;
  readonly host: string;
  readonly port: number;
}

const probe = ({ host, port }: Address): Promise<NodeJS.ErrnoException | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });

/** Asked before anything is started: one clear line instead of half a mesh. */
export const ensureFree = async (addresses: readonly Address[]): Promise<void> => {
  for (const address of addresses) {
    const error = await probe(address);
    if (!error) continue;
    const why = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${error.code})`;
    throw new Failure(`port ${address.port} on ${address.host} ${why}; choose another with ${address.flag}`, undefined, { cause: error });
  }
};

/** Asked of the kernel's table (proc(5), `/proc/net/tcp`): to connect would be a first request to the mesh, seen and counted there. */
export const isListening = ({ host, port }: Address): boolean => {
  const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');
  const bytes = host
    .split('.')
    .toReversed()
    .map((byte) => hex(Number(byte), 2));
  const listening = `: ${bytes.join('')}:${hex(port, 4)} 00000000:0000 0A`;
  return readFileSync('/proc/net/tcp', 'utf8').includes(listening);
};
