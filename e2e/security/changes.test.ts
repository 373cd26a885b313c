/**
 * Policies that come, change, are renamed, move and go, and labels that they select by, while requests are under way (A45 of the
 * catalogue of attacks): no request gets an answer that neither the old nor the new policy would give, and no connection is closed.
 */
import { Agent } from 'node:http';
import { connect } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gate, policy, startGate } from './gate.ts';

const isLong = process.env.WEFT_LONG === '1';
const rounds = isLong ? 200 : 8;
const connections = 8;

let gate: Gate;

beforeAll(async () => {
  gate = await startGate();
}, 120_000);

afterAll(() => gate.stop());

const allow = (paths: readonly string[]) => ({ rules: [{ to: [{ operation: { paths } }] }] });
const deny = (paths: readonly string[]) => ({ action: 'DENY', ...allow(paths) });
const root = { namespace: 'istio-system' };

interface State {
  readonly policies: readonly object[];
  /** Of the gateway; absent: none that policies look at. */
  readonly labels?: Readonly<Record<string, string>>;
}

const selecting = (track: string) => ({ selector: { matchLabels: { track } } });
const ofTracks = [
  policy('blue', { ...allow(['/open']), ...selecting('blue') }),
  policy('green', { ...allow(['/open', '/other']), ...selecting('green') }),
  policy('never', { ...allow(['/never']), ...selecting('red') }),
];
const onGreen = policy('green', { ...deny(['/secret']), ...selecting('green') });

/** Of each pair of neighbours, /open is served and /secret refused by both, whatever happens between them. */
const states: readonly State[] = [
  { policies: [policy('a', allow(['/open']))] },
  { policies: [policy('renamed', allow(['/open']))] },
  { policies: [policy('renamed', allow(['/open', '/other']))] },
  { policies: [policy('renamed', allow(['/open'])), policy('none', deny(['/secret']))] },
  { policies: [policy('none', deny(['/secret']))] },
  { policies: [policy('none', deny(['/secret']), root)] },
  { policies: [policy('none', { ...deny(['/secret']), selector: { matchLabels: { istio: 'gw' } } }), policy('any', { rules: [{}] })] },
  { policies: [policy('none', deny(['/secret'])), policy('tried', { rules: [] }, { annotations: { 'istio.io/dry-run': 'true' } })] },
  // The gateway's label changes, then what a policy selects, then both at once.
  { policies: ofTracks, labels: { track: 'blue' } },
  { policies: ofTracks, labels: { track: 'green' } },
  { policies: [onGreen], labels: { track: 'green' } },
  { policies: [policy('green', { ...deny(['/secret']), ...selecting('blue') })], labels: { track: 'blue' } },
];

/** @returns the answer's status and the connection's own port */
type Line = (path: string) => Promise<readonly [status: number, port: number]>;

const overHttp1 = (): { readonly ask: Line; close(): void } => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask: Line = async (path) => {
    const { status, port } = await gate.ask({ path, agent });
    return [status, port];
  };
  return { ask, close: () => agent.destroy() };
};

const overHttp2 = (): { readonly ask: Line; close(): void } => {
  const session = connect(`http://127.0.0.1:${gate.ports.http}`);
  const ask: Line = (path) =>
    new Promise((resolve, reject) => {
      const stream = session.request({ ':path': path, ':authority': 'web.example' });
      stream.on('response', ({ ':status': status }) => resolve([Number(status), session.socket.localPort ?? 0]));
      stream.on('error', reject);
      stream.resume();
    });
  return { ask, close: () => session.close() };
};

test(`${rounds} rounds of ${states.length} changes under load`, { timeout: 120_000 + rounds * 3000 }, async () => {
  const [first] = states;
  await gate.policies(...(first?.policies ?? []));
  const wrong: string[] = [];
  const ports = new Set<number>();
  let asked = 0;
  let over = false;
  const client = async ({ ask, close }: ReturnType<typeof overHttp1>): Promise<void> => {
    while (!over) {
      for (const [path, wanted] of [
        ['/open', 200],
        ['/secret', 403],
      ] as const) {
        const [status, port] = await ask(path);
        asked += 1;
        ports.add(port);
        if (status !== wanted) wrong.push(`${path}: ${status}`);
      }
    }
    close();
  };
  const clients = Array.from({ length: connections }, (_, index) => client(index % 2 === 0 ? overHttp1() : overHttp2()));
  for (let round = 0; round < rounds; round += 1) {
    for (const { policies, labels = {} } of states) {
      gate.relabel(labels);
      gate.change(...policies);
      await sleep(15);
    }
  }
  over = true;
  await Promise.all(clients);
  expect(wrong).toEqual([]);
  expect(asked).toBeGreaterThan(isLong ? 60_000 : 500);
  expect(ports.size).toBe(connections);
  expect(await gate.counter('listener_manager.listener_modified')).toBe(0);
  expect(gate.refusals).toEqual([]);
});
