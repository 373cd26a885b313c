import type { KeySource } from '@weft/compile';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Kept, KeptKeys } from '../store/keys.ts';
import { KeyKeeper } from './keeper.ts';
import { failed, fetched, known, longestLife, refreshInterval } from './state.ts';

const minute = 60_000;

test('[S115]: an issuer is asked every 20 minutes, and sooner where its keys are missing', () => {
  expect(known(undefined)).toEqual({ fetchedAt: 0, failures: 0, nextAt: 0 });
  const good = fetched('keys', 1000);
  expect(good).toEqual({ keys: 'keys', fetchedAt: 1000, failures: 0, nextAt: 1000 + 20 * minute });
  const waits = (state: ReturnType<typeof known>, times: number): readonly number[] => {
    const found: number[] = [];
    for (let last = state, now = 0; found.length < times; now = last.nextAt) {
      last = failed(last, 'away', now);
      found.push(last.nextAt - now);
    }
    return found;
  };
  expect(waits(known(undefined), 8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1000));
  expect(waits({ ...good, fetchedAt: 0 }, 6)).toEqual([1, 2, 4, 8, 16, 20].map((minutes) => minutes * minute));
});

test('[S115]: the last good keys stay for a week, and not for ever', () => {
  const good = fetched('keys', 0);
  expect(failed(good, 'away', longestLife - 1).keys).toBe('keys');
  const lapsed = failed(good, 'away', longestLife);
  expect(lapsed).not.toHaveProperty('keys');
  expect(lapsed.nextAt - longestLife).toBe(1000);
});

const source = (address: string): KeySource => ({ kind: 'keys', address, timeout: 5000 });

let disk: Map<string, Kept>;
const kept: KeptKeys = {
  at: (name) => disk.get(name),
  keep: (name, value) => void disk.set(name, value),
  forget: (name) => void disk.delete(name),
};

interface Stage {
  readonly keeper: KeyKeeper;
  readonly asked: string[];
  readonly changes: () => number;
  readonly warnings: () => number;
}

const stage = (answer: (address: string) => Promise<string>): Stage => {
  const asked: string[] = [];
  let [changes, warnings] = [0, 0];
  const keeper = new KeyKeeper({
    fetch: (one) => {
      asked.push(one.address);
      return answer(one.address);
    },
    now: Date.now,
    kept,
    onChange: () => {
      changes += 1;
    },
    warn: () => {
      warnings += 1;
    },
  });
  return { keeper, asked, changes: () => changes, warnings: () => warnings };
};

beforeEach(() => {
  disk = new Map();
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => vi.useRealTimers());

test('keys are fetched, told once, kept for the next start, and forgotten with their source', async () => {
  const { keeper, asked, changes } = stage(async (address) => `keys of ${address}`);
  keeper.want({ sources: [source('a'), source('b'), source('a')], networks: [] });
  await vi.advanceTimersByTimeAsync(0);
  expect([...keeper.keys()]).toEqual([
    ['keys a', 'keys of a'],
    ['keys b', 'keys of b'],
  ]);
  expect([asked, changes()]).toEqual([['a', 'b'], 2]);
  const before = keeper.keys();
  await vi.advanceTimersByTimeAsync(refreshInterval);
  expect([asked.length, changes(), keeper.keys() === before]).toEqual([4, 2, true]);
  keeper.want({ sources: [source('b')], networks: [] });
  expect([...keeper.keys().keys()]).toEqual(['keys b']);
  expect([...disk.keys()]).toEqual(['keys b']);
  keeper.stop();
  await vi.advanceTimersByTimeAsync(refreshInterval * 3);
  expect(asked.length).toBe(4);
});

test('an issuer that is away keeps its last good keys, over a restart too', async () => {
  let isAway = false;
  const answer = (address: string) => (isAway ? Promise.reject(new Error('nobody there')) : Promise.resolve(`keys of ${address}`));
  const first = stage(answer);
  first.keeper.want({ sources: [source('a')], networks: [] });
  await vi.advanceTimersByTimeAsync(0);
  isAway = true;
  await vi.advanceTimersByTimeAsync(refreshInterval);
  expect(first.keeper.keys().get('keys a')).toBe('keys of a');
  expect(first.keeper.fault(source('a'))).toEqual({ why: 'nobody there', hasKeys: true });
  first.keeper.stop();
  const second = stage(answer);
  second.keeper.want({ sources: [source('a'), source('b')], networks: [] });
  expect([...second.keeper.keys()]).toEqual([['keys a', 'keys of a']]);
  await vi.advanceTimersByTimeAsync(0);
  expect(second.keeper.fault(source('b'))).toEqual({ why: 'nobody there', hasKeys: false });
  expect(second.warnings()).toBe(2);
  isAway = false;
  await vi.advanceTimersByTimeAsync(1000);
  expect(second.keeper.keys().get('keys b')).toBe('keys of b');
  expect(second.keeper.fault(source('b'))).toBeUndefined();
  second.keeper.stop();
});

test('no more than four are asked at once, and all are in the end', async () => {
  let [now, most] = [0, 0];
  const { keeper, asked } = stage(async () => {
    now += 1;
    most = Math.max(most, now);
    await new Promise((resolve) => setTimeout(resolve, 10));
    now -= 1;
    return 'keys';
  });
  keeper.want({ sources: Array.from({ length: 30 }, (_, i) => source(`${i}`)), networks: [] });
  await vi.advanceTimersByTimeAsync(100);
  expect([most, new Set(asked).size, keeper.keys().size]).toEqual([4, 30, 30]);
  keeper.stop();
});

test('other networks mean another attempt, and what comes under the old ones does not count', async () => {
  let settle: (keys: string) => void = () => {};
  const { keeper, asked } = stage(
    () =>
      new Promise((resolve) => {
        settle = resolve;
      }),
  );
  keeper.want({ sources: [source('a')], networks: ['10.0.0.0/8'] });
  const late = settle;
  keeper.want({ sources: [source('a')], networks: [] });
  late('too late');
  await vi.advanceTimersByTimeAsync(0);
  expect([asked.length, keeper.keys().size]).toEqual([2, 0]);
  settle('keys');
  await vi.advanceTimersByTimeAsync(0);
  expect(keeper.keys().get('keys a')).toBe('keys');
  keeper.stop();
});
