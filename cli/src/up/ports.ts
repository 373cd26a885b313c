import { createServer } from 'node:net';
import { Failure } from '../exit.ts';

export interface Port {
  readonly flag: string;
  readonly port: number;
}

const probe = ({ port }: Port): Promise<NodeJS.ErrnoException | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(undefined)));
  });

/** Asked before anything is started: one clear line instead of half a mesh. */
export const ensureFree = async (ports: readonly Port[]): Promise<void> => {
  for (const port of ports) {
    const error = await probe(port);
    if (!error) continue;
    const why = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${error.code})`;
    throw new Failure(`port ${port.port} on 127.0.0.1 ${why}; choose another with ${port.flag}`, undefined, { cause: error });
  }
};
