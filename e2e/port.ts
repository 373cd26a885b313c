import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that the kernel gives to connections, so that none takes it before the test does. */
const [lowest, highest] = [10_240, 32_767];

/** A port that was free a moment ago at every address: two Envoys would share one without a word (SO_REUSEPORT). */
export const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    const server = createServer().listen(port, '0.0.0.0');
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
  throw new Error('no free port in a hundred attempts');
};
