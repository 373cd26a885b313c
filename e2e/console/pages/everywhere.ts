/** What holds on every page: a phone's width, and the keyboard alone. */
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { Stage } from '../stage.ts';
import { allPages, go, settled } from '../walk.ts';

/** Those that are worked with on a phone. */
const phonePages = new Set(['/', '/alerts', '/alerts/objectives', '/alerts/silences']);

/** What a finger cannot hit (WCAG 2.2, 2.5.8: less than 24 by 24, links in a sentence apart). */
const tooSmall = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('a, button, select, input, summary')]
      .filter((element) => {
        const { width, height } = element.getBoundingClientRect();
        const isInText = element.tagName === 'A' && getComputedStyle(element).display === 'inline';
        return width > 0 && height > 0 && (width < 24 || height < 24) && !isInText && !element.classList.contains('skip');
      })
      .map((element) => `${element.tagName} ${element.textContent ?? ''}`.slice(0, 60)),
  );

const wider = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

/** Goes by Tab from the beginning to the end. @returns what is never reached, and what is reached and not seen to be */
const tabbed = (page: Page): Promise<{ readonly missed: readonly string[]; readonly unseen: readonly string[]; readonly stops: number }> =>
  page.evaluate(() => {
    const words = (element: Element): string =>
      `${element.tagName} ${element.getAttribute('aria-label') ?? element.textContent ?? ''}`.slice(0, 60);
    const places = [...document.querySelectorAll<HTMLElement>('a[href], button, select, input, textarea, summary, [tabindex]')].filter(
      // A list of tabs hands the focus on to one of them.
      (element) =>
        element.tabIndex >= 0 &&
        element.role !== 'tablist' &&
        !element.matches(':disabled') &&
        element.checkVisibility({ visibilityProperty: true }),
    );
    const unseen = places.filter((element) => {
      element.focus({ focusVisible: true } as FocusOptions);
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return document.activeElement === element && (outlineStyle === 'none' || outlineWidth === '0px') && boxShadow === 'none';
    });
    const missed = places.filter((element) => {
      element.focus();
      return document.activeElement !== element;
    });
    return { missed: missed.map(words), unseen: unseen.map(words), stops: places.length };
  });

export const everywhereTests = ({ visit }: Stage): void => {
  test('on a phone no page is wider than the screen; what can be done is reached by the keyboard, and can be hit', {
    timeout: 120_000,
  }, async () => {
    const { page } = await visit('/');
    await settled(page);
    for (const path of allPages) {
      await page.setViewportSize({ width: 1400, height: 900 });
      await go(page, path);
      const { missed, unseen, stops } = await tabbed(page);
      expect([path, missed, unseen]).toEqual([path, [], []]);
      expect(stops).toBeGreaterThan(10);
      const pointed = await page.evaluate(() =>
        [...document.querySelectorAll<HTMLElement>('main [role="button"], main [role="link"]')]
          .filter(({ tabIndex }) => tabIndex < 0)
          .map(({ outerHTML }) => outerHTML.slice(0, 80)),
      );
      expect([path, pointed]).toEqual([path, []]);
      for (const width of [390, 320]) {
        await page.setViewportSize({ width, height: 844 });
        await expect.poll(async () => [path, width, await wider(page)], { timeout: 10_000 }).toEqual([path, width, 0]);
      }
      if (phonePages.has(path)) expect([path, await tooSmall(page)]).toEqual([path, []]);
    }
    await page.close();
  });

  test('from the address to the page by keys: past the navigation, to the end, and nothing holds on', async () => {
    const { page } = await visit('/alerts');
    await page.getByRole('heading', { name: 'Receivers' }).waitFor();
    const skip = page.getByRole('link', { name: 'Skip to the page' });
    await skip.focus();
    expect((await skip.boundingBox())?.x).toBeGreaterThanOrEqual(0);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.activeElement?.id === 'page');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true);
    const seen = new Set<string>();
    for (let stop = 0; stop < 80; stop += 1) {
      await page.keyboard.press('Tab');
      const at = await page.evaluate(() => {
        const element = document.activeElement;
        return element === document.body || element === null ? '' : [...document.querySelectorAll('*')].indexOf(element).toString();
      });
      if (at === '' || seen.has(at)) break;
      seen.add(at);
    }
    // The places beside it, at least: what fires is another matter.
    expect(seen.size).toBeGreaterThan(1);
    expect(seen.size).toBeLessThan(80);
    const silences = page.getByRole('link', { name: 'Silences' });
    await silences.focus();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await silences.evaluate((link) => document.activeElement === link)).toBe(true);
    await page.close();
  });
};
