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
