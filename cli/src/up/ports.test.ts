import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { isListening } from './ports.ts';

test('a port takes connections from when somebody listens there until nobody does', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  expect(isListening({ flag: '', host: '127.0.0.1', port })).toBe(true);
  expect(isListening({ flag: '', host: '127.0.0.2', port })).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(isListening({ flag: '', host: '127.0.0.1', port })).toBe(false);
});
