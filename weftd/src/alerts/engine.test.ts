/** From measurements to who is told what, on a clock that is turned by hand. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { minute, type Stage, second, stageAt } from './alerts.fixture.ts';

const start = Date.UTC(2026, 0, 1);

const objects = `
apiVersion: mesh.weft.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: payments, namespace: shop}
spec:
  subject: {service: payments}
  indicator: {availability: {}}
  target: 99
  period: {rolling: 1h}
  burnRates: [{factor: 10, long: 2m, short: 30s, severity: page}, {factor: 2, long: 10m, short: 2m, severity: ticket}]
---
apiVersion: mesh.weft.dev/v1alpha1
kind: AlertRoute
metadata: {name: oncall, namespace: shop}
spec:
  matchers: [{name: alertname, value: error-budget-burn}]
  groupBy: [objective]
  groupWait: 10s
  groupInterval: 1m
  receivers: [{webhook: {url: "https://hooks.example.org/a"}}, {slack: {urlSecret: {name: chat, key: url}}}]
`;

let stage: Stage;
beforeEach(() => {
  stage = stageAt(start);
});
afterEach(() => stage.end());

const told = (receiver = 'webhook'): readonly string[] =>
  stage.heard
    .filter((heard) => heard.receiver.endsWith(receiver))
    .map(
      ({ at, notification: { occasion, firing, resolved } }) =>
        `${at / second} ${occasion}: ${firing.length} fires, ${resolved.length} resolved`,
    );

/** @param bad of a hundred requests in each ten seconds */
const during = async (ms: number, bad: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 10 * second) {
    stage.requests({ good: 100 - bad, bad });
    await stage.pass();
  }
};

describe('an outage', () => {
  test('is told once to everybody, and again when it is over', async () => {
    stage.apply(objects);
    await during(5 * minute, 0);
    expect(stage.heard).toEqual([]);
    await during(minute, 100);
    // The ticket fires at once, since 100 of 1200 in 2 minutes burn 8 times as fast; the page ten seconds later, and explains it.
    expect(told('webhook')).toEqual(['325 first: 1 fires, 0 resolved']);
    expect(told('slack')).toEqual(told('webhook'));
    await during(5 * minute, 0);
    expect(told('webhook').at(-1)).toMatch(/resolved: 0 fires|more: 1 fires, 1 resolved/);
    // Once for each state that an alert comes into, not for each time that it is judged.
    const states = Map.groupBy(stage.changed, ({ id }) => id);
    const [page = []] = [...states.values()].filter(([first]) => first?.labels['severity'] === 'page');
    expect(page.map(({ state }) => state)).toEqual(['firing', 'resolved']);
  });

  test('is told once, whenever weftd is killed', async () => {
    stage.apply(objects);
    await during(5 * minute, 0);
    for (let round = 0; round < 12; round += 1) {
      await during(10 * second, 100);
      stage.restart();
    }
    expect(told('webhook')).toEqual(['325 first: 1 fires, 0 resolved']);
  });

  test('stands in the list with what it is about', async () => {
    stage.apply(objects);
    await during(5 * minute, 0);
    await during(minute, 100);
    const [page, ticket] = stage.engine.alerts().items;
    expect(page).toMatchObject({
      name: 'error-budget-burn',
      state: 'firing',
      summary: 'objective shop/payments uses up its error budget',
      labels: { namespace: 'shop', objective: 'payments', severity: 'page', window: '2m' },
      receivers: ['shop/oncall/0/webhook', 'shop/oncall/1/slack'],
    });
    expect(page?.reason).toMatch(/^budget burns [\d.]+× over 2m, 100× over 30s; limit 10×$/);
    expect(ticket).toMatchObject({ labels: { severity: 'ticket' }, muted: { by: 'inhibition', id: page?.id } });
    expect(stage.engine.alerts().receivers).toEqual([
      { name: 'shop/oncall/0/webhook', told: 1, lastToldAt: start + 325 * second },
      { name: 'shop/oncall/1/slack', told: 1, lastToldAt: start + 325 * second },
    ]);
    expect(stage.engine.objectives()).toMatchObject([{ name: 'payments', target: 99, total: 3500, good: 3000, budget: { failed: 500 } }]);
  });
});

describe('weftd killed', () => {
  test('between deciding and telling tells afterwards, once', async () => {
    stage.refuse = () => new Promise(() => {});
    stage.apply(objects);
    await during(5 * minute, 0);
    await during(30 * second, 100);
    expect(told('webhook')).toEqual([]);
    stage.refuse = () => {};
    stage.restart();
    await during(30 * second, 100);
    expect(told('webhook')).toHaveLength(1);
    expect(told('slack')).toHaveLength(1);
  });

  test('between telling and remembering tells the same telling again, which its receiver can know', async () => {
    stage.apply(objects);
    await during(5 * minute, 0);
    let ids: readonly string[] = [];
    stage.lose = true;
    await during(30 * second, 100);
    ids = stage.heard.filter(({ receiver }) => receiver.endsWith('webhook')).map(({ notification }) => notification.id);
    expect(ids).toHaveLength(1);
    stage.restart();
    stage.lose = false;
    await during(2 * minute, 100);
    const all = stage.heard.filter(({ receiver }) => receiver.endsWith('webhook')).map(({ notification }) => notification.id);
    expect([all.length, new Set(all).size]).toEqual([2, 1]);
  });
});

test('a clock that is set back an hour holds nobody up', async () => {
  stage.apply(objects);
  await during(5 * minute, 0);
  await during(minute, 100);
  expect(told('webhook')).toHaveLength(1);
  stage.now -= 60 * minute;
  // What was measured by the clock before lies ahead, and says nothing of now.
  stage.measurements.splice(0);
  await during(15 * minute, 0);
  expect(told('webhook').at(-1)).toMatch(/resolved: 0 fires, \d resolved/);
});

describe('what comes and goes', () => {
  test('flapping failures are one alert, told once', async () => {
    stage.apply(objects);
    await during(5 * minute, 0);
    for (let round = 0; round < 6; round += 1) {
      await during(20 * second, 100);
      await during(20 * second, 0);
    }
    expect(told('webhook')).toEqual(['325 first: 1 fires, 0 resolved']);
  });

  test('missing measurements leave alerts as they were, and end them after an hour', async () => {
    stage.apply(objects);
    await during(5 * minute, 0);
    await during(minute, 100);
    const silent = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 10 * second) await stage.pass();
    };
    await silent(59 * minute);
    expect(stage.engine.alerts().items[0]).toMatchObject({
      state: 'firing',
      reason: expect.stringMatching(/unknown over 30s.*left as it was$/),
    });
    expect(told('webhook')).toHaveLength(1);
    await silent(8 * minute);
    // The page explains no ticket any more; that one's windows are longer, and so it ends later.
    expect(told('webhook').slice(1)).toEqual([
      expect.stringMatching(/^\d+ more: 1 fires, 1 resolved$/),
      expect.stringMatching(/^\d+ resolved: 0 fires, 1 resolved$/),
    ]);
  });

  test('a slow burn is a ticket, and no page', async () => {
    stage.apply(objects);
    await during(5 * minute, 0);
    await during(12 * minute, 4);
    expect(stage.engine.alerts().items.map(({ labels, state }) => [labels['severity'], state])).toEqual([['ticket', 'firing']]);
    expect(stage.engine.objectives()[0]?.forecast.words).toMatch(/^budget gone/);
  });
});

describe('receivers', () => {
  test('that fail make nobody wait, and are tried again until they hear', async () => {
    let down = true;
    stage.refuse = async (receiver) => {
      if (!receiver.webhook) return;
      // It takes its time to fail, too.
      if (down) await Promise.reject(new Error('the answer is 500'));
    };
    stage.apply(objects);
    await during(5 * minute, 0);
    await during(minute, 100);
    expect(told('webhook')).toEqual([]);
    expect(told('slack')).toEqual(['325 first: 1 fires, 0 resolved']);
    const { failing } = stage.engine.alerts().receivers[0] ?? {};
    expect(failing).toMatchObject({ reason: 'the answer is 500' });
    // After 1, 2, 4, 8 and 16 s.
    expect(failing?.failures).toBe(6);
    down = false;
    await during(30 * second, 100);
    expect(told('webhook')).toHaveLength(1);
    expect(stage.engine.alerts().receivers[0]?.failing).toBeUndefined();
  });

  test('that were mended are told at once', async () => {
    stage.refuse = (receiver) => {
      if (receiver.webhook?.url?.endsWith('/a')) throw new Error('the answer is 404');
    };
    stage.apply(objects);
    await during(5 * minute, 0);
    await during(2 * minute, 100);
    expect(told('webhook')).toEqual([]);
    stage.apply(objects.replace('org/a', 'org/b'));
    await stage.engine.tick();
    await new Promise(setImmediate);
    expect(told('webhook')).toHaveLength(1);
  });

  test('can be tried: an alert that is none is told, and its end', async () => {
    stage.apply(objects);
    expect(await stage.engine.test('shop/oncall/0/webhook')).toEqual({ told: true });
    expect(told('webhook')).toEqual(['0 first: 1 fires, 0 resolved', '0 resolved: 0 fires, 1 resolved']);
    stage.refuse = () => Promise.reject(new Error('the answer is 500'));
    expect(await stage.engine.test('shop/oncall/1/slack')).toEqual({ told: false, reason: 'the answer is 500' });
    expect(await stage.engine.test('shop/oncall/2/email')).toBeUndefined();
    expect(stage.engine.alerts().items).toEqual([]);
  });

  test('that never answer make nobody wait', async () => {
    stage.refuse = (receiver) => (receiver.webhook ? new Promise(() => {}) : undefined);
    stage.apply(objects);
    await during(5 * minute, 0);
    await during(minute, 100);
    expect(told('slack')).toHaveLength(1);
  });
});

describe('silences', () => {
  test('keep alerts from being told, over a restart, until they end', async () => {
    stage.apply(objects);
    await during(5 * minute, 0);
    const matchers = [{ name: 'objective', value: 'payments' }];
    const silence = { matchers, to: stage.now + 2 * minute, by: 'ada', comment: 'known' };
    expect(stage.engine.silence(silence)).toEqual({ ...silence, id: 'silence-1', from: stage.now });
    stage.restart();
    expect(stage.engine.silences()).toMatchObject([{ by: 'ada', comment: 'known', matchers: [{ name: 'objective', matchType: '=' }] }]);
    await during(minute, 100);
    expect(stage.engine.alerts().items[0]?.muted).toEqual({ by: 'silence', id: 'silence-1' });
    expect(told()).toEqual([]);
    await during(70 * second, 100);
    expect(told()).toEqual(['420 first: 1 fires, 0 resolved']);
    expect(stage.engine.silences()).toEqual([]);
  });

  test('end early when somebody ends them', async () => {
    stage.apply(objects);
    stage.engine.silence({ matchers: [{ name: 'a', value: 'b' }], to: stage.now + minute, by: 'ada', comment: '' });
    expect(stage.engine.unsilence('silence-1')).toBe(true);
    expect(stage.engine.unsilence('silence-1')).toBe(false);
  });
});

test('a rule that cannot be judged leaves its alerts as they were, and says why', async () => {
  stage.apply(objects);
  await during(5 * minute, 0);
  await during(minute, 100);
  stage.measurements.splice(0);
  Object.defineProperty(stage.measurements, 'filter', {
    value: () => {
      throw new Error('the store is broken');
    },
  });
  await stage.pass();
  expect(stage.engine.alerts().items[0]).toMatchObject({
    state: 'firing',
    reason: 'it could not be judged: the store is broken; left as it was',
  });
  expect(stage.engine.objectives()[0]?.fault).toBe('the store is broken');
});

test('without a configuration nothing is judged, so that a restart ends no alert', async () => {
  stage.apply(objects);
  await during(5 * minute, 0);
  await during(minute, 100);
  stage.restart();
  expect(stage.engine.alerts().items[0]?.state).toBe('firing');
  await stage.engine.tick();
  expect(stage.engine.alerts().items[0]?.state).toBe('firing');
});
