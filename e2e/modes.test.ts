/** Modes of mutual TLS change under load: nobody notices, and what is forbidden in the end is refused. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failed, startLoad } from './load.ts';
import { type Mesh, root, startMesh, until } from './mesh.ts';

const long = process.env.WEFT_LONG === '1';
/** Each request is four on the way: to the front, and three of its own. */
const perSecond = long ? 200 : 60;
const rounds = long ? 10 : 1;

let mesh: Mesh;
beforeAll(async () => {
  mesh = await startMesh({ folder: join(root, 'e2e/modes') });
}, 180_000);
afterAll(async () => {
  await mesh?.stop();
}, 60_000);

type Mode = 'DISABLE' | 'PERMISSIVE' | 'STRICT';

/** Written as an editor does. */
const write = (mode: Mode, namespace: string): void => {
  const path = join(mesh.folder, `${namespace}.yaml`);
  const text = `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: ${namespace}}\nspec: {mtls: {mode: ${mode}}}\n`;
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
};

/** Waits until the mode is in force everywhere. */
const become = async (mode: Mode, namespace: 'istio-system' | 'modes' = 'modes'): Promise<void> => {
  write(mode, namespace);
  await mesh.applied();
};

/** curl's exit code and what it got, from a pod without a sidecar. */
const outsider = async (url: string) => {
  const { code, stdout } = await mesh.weft('exec', 'deploy/outsider', '-n', 'legacy', '--', 'curl', '-s', '-m', '5', url);
  return { code, text: stdout.trim() };
};

const addressOf = async (app: string): Promise<string> => {
  const { items } = await mesh.json<{ items: { metadata: { name: string }; status: { podIP: string } }[] }>('get', 'pods', '-A');
  return items.find(({ metadata }) => metadata.name.startsWith(`${app}-`))?.status.podIP ?? '';
};

/** curl says 56 where a connection is reset while it waits for an answer. */
const reset = 56;

/** At the Service and at a pod's own address, on declared ports and on one that no Service names. */
const everyWay = async (): Promise<readonly string[]> => {
  const pod = await addressOf('server');
  return ['http://server.modes:8080/', `http://${pod}:8080/`, `http://${pod}:8081/`];
};

describe('a change of mode', () => {
  it(
    'loses no request on the way from DISABLE to STRICT and back, and STRICT refuses plaintext on every port',
    async () => {
      const ways = await everyWay();
      const pod = new URL(ways[1] ?? '').hostname;
      const load = startLoad({ url: `${mesh.gateway}/`, perSecond });
      await sleep(500);
      for (let round = 0; round < rounds; round++) {
        await become('STRICT');
        const refused = await Promise.all([...ways, `http://${pod}:9000/`, `http://${pod}:1234/`].map(outsider));
        expect(refused).toEqual(refused.map(() => ({ code: reset, text: '' })));
        await become('DISABLE');
        expect(await Promise.all(ways.map(outsider))).toEqual(ways.map(() => ({ code: 0, text: 'nobody' })));
        if (!long) continue;
        await become('PERMISSIVE');
        await become('STRICT');
        await sleep(500);
        await become('DISABLE');
      }
      await sleep(500);
      const outcomes = await load.stop();
      expect(failed(outcomes).map(({ sequence, status, body, error }) => ({ sequence, status, body, error }))).toEqual([]);
      expect(outcomes.length).toBeGreaterThan(perSecond * 2);
    },
    long ? 900_000 : 120_000,
  );

  it('of the whole mesh counts where the namespace says nothing, and callers are known by it', async () => {
    await become('STRICT', 'istio-system');
    rmSync(join(mesh.folder, 'modes.yaml'));
    await mesh.applied();
    expect((await outsider('http://server.modes:8080/')).code).toBe(reset);
    const answer = await fetch(`${mesh.gateway}/`);
    expect((await answer.text()).match(/URI=spiffe:\/\/cluster.local\/ns\/modes\/sa\/front/g)).toHaveLength(2);
  });

  it.skipIf(!long)('to STRICT ends what was open in plaintext within 45 s', async () => {
    await become('PERMISSIVE');
    const talk = `const s = require('net').connect(9000, 'server.modes', () => setInterval(() => s.write('hello'), 200));
      s.on('error', () => {}).on('data', () => {}).on('close', () => process.exit(0))`;
    const ended = mesh.weft('exec', 'deploy/outsider', '-n', 'legacy', '--', 'node', '-e', talk);
    await sleep(3000);
    await become('STRICT');
    const from = Date.now();
    expect((await ended).code).toBe(0);
    expect(Date.now() - from).toBeLessThan(47_000);
  });

  it.skipIf(!long)(
    'goes on when weftd was killed in the middle of it, and loses no request',
    async () => {
      await become('DISABLE');
      const load = startLoad({ url: `${mesh.gateway}/`, perSecond: 50 });
      for (const pause of [100, 300, 700, 1200, 1600, 2000]) {
        write('STRICT', 'modes');
        await sleep(pause);
        mesh.kill('weftd.js');
        await until('weftd is back', async () => (await mesh.isReady()) || undefined);
        await become('STRICT');
        expect((await outsider('http://server.modes:8080/')).code).toBe(reset);
        await become('DISABLE');
      }
      expect(failed(await load.stop()).map(({ status, body, error }) => ({ status, body, error }))).toEqual([]);
    },
    600_000,
  );
});
