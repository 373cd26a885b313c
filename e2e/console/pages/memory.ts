/** What a tab holds on to: pages that were left are gone, and one that stays open does not grow. */
import type { CDPSession, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { Stage } from '../stage.ts';

interface Held {
  /** In the document or not. */
  readonly nodes: number;
  readonly listeners: number;
  readonly megabytes: number;
}

const minute = 60_000;
/** Of the long run: an hour when that is asked for. */
const minutes = Number(process.env['WEFT_TAB_MINUTES'] ?? 5);

const watched = async (page: Page): Promise<CDPSession> => {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  return session;
};

const heldBy = async (session: CDPSession): Promise<Held> => {
  // What the first one finishes off the second one takes away.
  for (const _ of [1, 2]) await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (name: string): number => metrics.find((one) => one.name === name)?.value ?? Number.NaN;
  return { nodes: of('Nodes'), listeners: of('JSEventListeners'), megabytes: of('JSHeapUsedSize') / 1e6 };
};

/** By its name in the navigation, and what is there once it is drawn. */
const pages = [
  { name: 'Map', drawn: '.map-canvas' },
  { name: 'Services', drawn: 'table' },
  { name: 'Live requests', drawn: 'h1' },
  { name: 'Overview', drawn: '.uplot' },
] as const;

const goRound = async (page: Page): Promise<void> => {
  for (const { name, drawn } of pages) {
    await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name }).click();
    await page.locator(`#page:has(h1:text-is("${name}")):not(:has(.loading)) ${drawn}`).first().waitFor();
  }
};

const rounds = 3;
/** A page that is not let go is some hundred nodes, and some dozen listeners, in each round. */
const few = { nodes: 50, listeners: 10, megabytes: 0.5 };

const median = (all: readonly number[]): number => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;

/** From one look to the next: what is made once, and kept, is in one of them only. */
const growth = (looks: readonly Held[], of: keyof Held): number =>
  median(looks.slice(1).map((look, index) => look[of] - (looks[index]?.[of] ?? 0)));

export const memoryTests = ({ mesh, visit }: Stage): void => {
  test('pages that were left are gone', async () => {
    const { page } = await visit('/');
    const session = await watched(page);
    await goRound(page);
    const looks: Held[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      await goRound(page);
      looks.push(await heldBy(session));
    }
    expect(growth(looks, 'nodes')).toBeLessThan(few.nodes);
    expect(growth(looks, 'listeners')).toBeLessThan(few.listeners);
    expect(growth(looks, 'megabytes')).toBeLessThan(few.megabytes);
    await page.close();
  });

  test.runIf(process.env['WEFT_LONG'] === '1')(
    `tabs that are open for ${minutes} minutes do not grow`,
    async () => {
      const traffic = setInterval(() => void fetch(`${mesh().gateway}/watched`).catch(() => undefined), 200);
      const tabs = await Promise.all(
        ['/?since=5m', '/map?since=5m', '/services?since=5m', '/tap'].map(async (path) => {
          const { page } = await visit(path);
          return { path, page, session: await watched(page), held: [] as Held[] };
        }),
      );
      for (let passed = 0; passed <= minutes; passed += 1) {
        for (const { page, session, held } of tabs) {
          await page.bringToFront();
          await page.waitForTimeout(minute / tabs.length);
          held.push(await heldBy(session));
        }
      }
      clearInterval(traffic);
      for (const { path, page, held } of tabs) {
        // Answers are kept for a minute, and the tap soon has as many records as it ever has.
        const settled = held.slice(2);
        expect(growth(settled, 'nodes'), path).toBeLessThan(few.nodes);
        expect(growth(settled, 'listeners'), path).toBeLessThan(few.listeners);
        expect((settled.at(-1)?.megabytes ?? 0) / (settled[0]?.megabytes ?? 0), path).toBeLessThan(1.25);
        await page.close();
      }
    },
    (minutes + 3) * minute,
  );
};
