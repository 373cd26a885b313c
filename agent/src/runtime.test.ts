/** What the agent does when it cannot start, and pods as whoever runs the tests. */
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { emptyView, startMesh, until } from './testing/mesh.ts';
import { describePods } from './testing/pods.ts';

describePods('pods');

test('a port in use is one clear line and an exit code', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as { port: number };
  const hostPorts = [{ hostPort: port, namespace: 'shop', pod: 'web', port: 80 }];
  const mesh = await startMesh({ view: { ...emptyView, hostPorts } });
  await until(() => mesh.output().includes(`agent: port ${port} on 127.0.0.1 is in use`), 'the line');
  expect(await mesh.stop()).toBe(1);
  taken.close();
});
