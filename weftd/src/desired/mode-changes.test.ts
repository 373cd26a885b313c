/** Changes of mutual TLS in steps: whatever is asked for and whoever answers late, no server refuses what a caller may do. */
import type { PeerModes, PeerStage } from '@weft/compile';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Callers } from './callers.ts';
import { type ModeChanges, modeChanges } from './mode-changes.ts';

const stepMs = 15_000;
const all = (mode: PeerModes['mode'], ports: PeerModes['ports'] = {}): PeerModes => ({ mode, ports });

let time = 0;
const start = (callers: ReadonlyMap<string, Callers> = new Map()): ModeChanges => modeChanges({ callers, stepMs, now: () => time });
const wanted = (modes: PeerModes, ...uids: readonly string[]) => uids.map((uid) => ({ uid, modes }));
const inShort = (stage: PeerStage | undefined) =>
  stage && `${stage.accepts.mode}, told ${stage.told.mode === 'DISABLE' ? 'plain' : 'mtls'}`;

/** The stages on the way, each taken when all proxies have the one before. */
const way = (from: PeerModes, to: PeerModes) => {
  const changes = start();
  changes.take(wanted(from, 'a'));
  changes.take(wanted(to, 'a'));
  const stages: unknown[] = [];
  for (let stage = changes.stage({ uid: 'a', modes: to }); stage; stage = changes.stage({ uid: 'a', modes: to })) {
    stages.push(inShort(stage));
    expect(stages.length).toBeLessThan(5);
    changes.advance(true);
  }
  return stages;
};

describe('servers take both ways until nobody comes the old way', () => {
  const open = ['PERMISSIVE, told plain', 'PERMISSIVE, told mtls'];
  test.each([
    ['DISABLE', 'STRICT', open],
    ['DISABLE', 'PERMISSIVE', open],
    ['STRICT', 'DISABLE', open.toReversed()],
    ['PERMISSIVE', 'DISABLE', open.toReversed()],
    // All callers use mutual TLS already.
    ['PERMISSIVE', 'STRICT', []],
    ['STRICT', 'PERMISSIVE', []],
  ] as const)('from %s to %s', (from, to, stages) => {
    expect(way(all(from), all(to))).toEqual(stages);
  });

  test('by port; those that do not move have their mode at once', () => {
    const changes = start();
    changes.take(wanted(all('STRICT', { 80: 'DISABLE' }), 'a'));
    const modes = all('PERMISSIVE', { 90: 'DISABLE' });
    changes.take(wanted(modes, 'a'));
    expect(changes.stage({ uid: 'a', modes })).toEqual({
      accepts: all('PERMISSIVE', { 80: 'PERMISSIVE', 90: 'PERMISSIVE' }),
      told: all('PERMISSIVE', { 80: 'DISABLE', 90: 'PERMISSIVE' }),
    });
  });
});

test('a new workload begins with its mode, since nobody calls it yet', () => {
  const changes = start();
  changes.take(wanted(all('STRICT'), 'a'));
  expect(changes.deadline()).toBeUndefined();
});

test('but takes both ways while others change, whom clients that dial endpoints themselves may take it for', () => {
  const changes = start();
  changes.take(wanted(all('DISABLE'), 'a'));
  changes.take(wanted(all('STRICT'), 'a', 'b'));
  expect(inShort(changes.stage({ uid: 'b', modes: all('STRICT') }))).toBe('PERMISSIVE, told mtls');
  changes.advance(true);
  changes.advance(true);
  expect(changes.deadline()).toBeUndefined();
});

test('all go together: none is ahead, and one that is asked back waits for nobody', () => {
  const changes = start();
  changes.take(wanted(all('DISABLE'), 'a', 'b'));
  changes.take([...wanted(all('STRICT'), 'a'), ...wanted(all('DISABLE'), 'b')]);
  time += 10;
  changes.take(wanted(all('STRICT'), 'a', 'b'));
  expect(changes.deadline()).toBe(time - 10 + stepMs);
  changes.take([...wanted(all('STRICT'), 'a'), ...wanted(all('DISABLE'), 'b')]);
  expect(changes.stage({ uid: 'b', modes: all('DISABLE') })).toBeUndefined();
  expect(inShort(changes.stage({ uid: 'a', modes: all('STRICT') }))).toBe('PERMISSIVE, told plain');
});

test('whoever does not answer holds nobody up for longer than two steps, whatever else changes meanwhile', () => {
  const changes = start();
  changes.take(wanted(all('DISABLE'), 'a', 'b'));
  const began = time;
  changes.take([...wanted(all('STRICT'), 'a'), ...wanted(all('DISABLE'), 'b')]);
  let other: PeerModes = all('STRICT');
  for (let tick = 0; changes.stage({ uid: 'a', modes: all('STRICT') }); tick++) {
    expect(tick).toBeLessThan(100);
    // Somebody else changes all the time, and no proxy ever acknowledges.
    other = all(other.mode === 'STRICT' ? 'DISABLE' : 'STRICT');
    changes.take([...wanted(all('STRICT'), 'a'), ...wanted(other, 'b')]);
    time += 1000;
    changes.advance(false);
  }
  expect(time - began).toBe(2 * stepMs);
});

test('what was written down is gone on with after a restart, and waited for anew', () => {
  const before = start();
  before.take(wanted(all('DISABLE'), 'a', 'gone'));
  before.take(wanted(all('STRICT'), 'a', 'gone'));
  before.advance(true);
  time += stepMs;
  const after = start(structuredClone(before.callers()));
  expect(after.take(wanted(all('STRICT'), 'a'))).toBe(true);
  expect(inShort(after.stage({ uid: 'a', modes: all('STRICT') }))).toBe('PERMISSIVE, told mtls');
  expect(after.deadline()).toBe(time + stepMs);
  expect([...after.callers().keys()]).toEqual(['a']);
  // Changed while nobody looked: nothing is known to have been told of it.
  const later = start(structuredClone(after.callers()));
  later.take(wanted(all('DISABLE'), 'a'));
  expect(later.stage({ uid: 'a', modes: all('DISABLE') })?.accepts).toEqual(all('PERMISSIVE'));
});

test('nothing is written where nothing changed', () => {
  const changes = start();
  changes.take(wanted(all('STRICT'), 'a'));
  const callers = changes.callers();
  changes.take(wanted(all('PERMISSIVE'), 'a'));
  expect(changes.callers()).toBe(callers);
});

/** What a proxy goes by lags behind what it was told, until everybody is waited for. */
interface Proxies {
  readonly servers: Map<string, Set<string>>;
  readonly clients: Map<string, Set<string>>;
}

const uids = ['a', 'b', 'c'] as const;
const ports = [0, 80];
const modeArbitrary = fc.constantFrom('DISABLE' as const, 'PERMISSIVE' as const, 'STRICT' as const);
const modesArbitrary = fc.record({
  mode: modeArbitrary,
  ports: fc.option(
    modeArbitrary.map((mode) => ({ 80: mode })),
    { nil: {} },
  ),
});
const action = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('want' as const), modes: fc.tuple(modesArbitrary, modesArbitrary, modesArbitrary) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('acknowledged' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);

test('at every moment each server takes what each caller may do: random changes, acknowledgements and restarts', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
      let changes = start();
      let want = uids.flatMap((uid) => wanted(all('PERMISSIVE'), uid));
      changes.take(want);
      // All that some proxy may go by: what it was told last, and everything since the last time that all had acknowledged.
      const accepted: Proxies['servers'] = new Map();
      const called: Proxies['clients'] = new Map();
      const told = (fresh: boolean): void => {
        for (const { uid, modes } of want)
          for (const port of ports) {
            const stage = changes.stage({ uid, modes });
            const modeIn = (some: PeerModes) => some.ports[port] ?? some.mode;
            const key = `${uid}:${port}`;
            if (fresh) for (const table of [accepted, called]) table.delete(key);
            accepted.set(key, (accepted.get(key) ?? new Set()).add(modeIn(stage?.accepts ?? modes)));
            called.set(key, (called.get(key) ?? new Set()).add(modeIn(stage?.told ?? modes) === 'DISABLE' ? 'STRICT' : 'DISABLE'));
          }
        // A caller without TLS is refused by STRICT alone, one with it by DISABLE alone.
        for (const [key, refusing] of called)
          for (const mode of refusing) if (accepted.get(key)?.has(mode)) throw new Error(`${mode} at ${key} refuses a caller`);
      };
      told(true);
      for (const happened of actions) {
        if (happened.kind === 'want') want = uids.map((uid, index) => ({ uid, modes: happened.modes[index] ?? all('STRICT') }));
        if (happened.kind === 'restart') changes = start(structuredClone(changes.callers()));
        if (happened.kind === 'acknowledged') {
          told(true);
          changes.advance(true);
        }
        changes.take(want);
        told(false);
      }
      for (let steps = 0; changes.deadline() !== undefined; steps++) {
        if (steps > 3) throw new Error('it does not end');
        told(true);
        changes.advance(true);
        told(false);
      }
    }),
    { numRuns: 300 },
  );
});
