/**
 * Policies that come, change, are renamed, move and go while requests are under way (A45 of the catalogue of attacks): no request gets
 * an answer that neither the old nor the new policy would give, and no connection is closed.
 */
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gate, policy, startGate } from './gate.ts';

const rounds = process.env.WEFT_LONG === '1' ? 200 : 8;
const connections = 8;

let gate: Gate;

beforeAll(async () => {
  gate = await startGate();
}, 120_000);

afterAll(() => gate.stop());

const allow = (paths: readonly string[]) => ({ rules: [{ to: [{ operation: { paths } }] }] });
const deny = (paths: readonly string[]) => ({ action: 'DENY', ...allow(paths) });
const root = { namespace: 'istio-system' };

/** Of each pair of neighbours, /open is served and /secret refused by both, whatever happens between them. */
const states: readonly (readonly object[])[] = [
  [policy('a', allow(['/open']))],
  [policy('renamed', allow(['/open']))],
  [policy('renamed', allow(['/open', '/other']))],
  [policy('renamed', allow(['/open'])), policy('none', deny(['/secret']))],
  [policy('none', deny(['/secret']))],
  [policy('none', deny(['/secret']), root)],
  [policy('none', { ...deny(['/secret']), selector: { matchLabels: { istio: 'gw' } } }), policy('any', { rules: [{}] })],
  [policy('none', deny(['/secret'])), policy('tried', { rules: [] }, { annotations: { 'istio.io/dry-run': 'true' } })],
];

test(`${rounds} rounds of ${states.length} changes under load`, { timeout: 120_000 + rounds * 2000 }, async () => {
  const [first] = states;
  await gate.policies(...(first ?? []));
  const wrong: string[] = [];
  const ports = new Set<number>();
  let asked = 0;
  let over = false;
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!over) {
      for (const [path, wanted] of [
        ['/open', 200],
        ['/secret', 403],
      ] as const) {
        const { status, port } = await gate.ask({ path, agent });
        asked += 1;
        ports.add(port);
        if (status !== wanted) wrong.push(`${path}: ${status}`);
      }
    }
    agent.destroy();
  };
  const clients = Array.from({ length: connections }, client);
  for (let round = 0; round < rounds; round += 1) {
    for (const state of states) {
      gate.change(...state);
      await sleep(15);
    }
  }
  over = true;
  await Promise.all(clients);
  expect(wrong).toEqual([]);
  expect(asked).toBeGreaterThan(500);
  expect(ports.size).toBe(connections);
  expect(await gate.counter('listener_manager.listener_modified')).toBe(0);
  expect(gate.refusals).toEqual([]);
});
