/** A real Chromium on the console of a real mesh. What goes wrong in a page (an error, a refusal by its policy) fails the test that was there. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect } from 'vitest';

/** A browser of a machine without network: it looks for nothing of its own. */
const quiet = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export type Theme = 'dark' | 'light';

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.WEFT_CHROMIUM ?? '/usr/bin/chromium',
    args: [...quiet, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  });

export interface Tab {
  readonly page: Page;
  /** What the page complained of since it was opened. */
  readonly complaints: readonly string[];
}

/** Who nobody is learns it by an answer that Chromium takes for an error. */
const isAnswerToStrangers = (url: string): boolean => url.endsWith('/api/v1/session');

/** A page of `context` that remembers what it complained of. */
export const openTab = async (context: BrowserContext): Promise<Tab> => {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && !isAnswerToStrangers(message.location().url)) complaints.push(message.text());
  });
  return { page, complaints };
};

/** Of axe's findings those that keep somebody from using the page. */
const grave = new Set(['serious', 'critical']);

/** Runs axe in the page, all of it or once more some of its rules. It is handed over as a script of the test's own, which the page's policy does not concern. */
export const accessibilityProblems = async (page: Page, rules?: readonly string[]): Promise<readonly string[]> => {
  if (!rules) await page.evaluate(axe.source);
  const options = rules ? { runOnly: [...rules] } : {};
  const { violations } = await page.evaluate((chosen) => (globalThis as unknown as { axe: typeof axe }).axe.run(chosen), options);
  return violations
    .filter(({ impact }) => grave.has(impact ?? ''))
    .flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`));
};

/** Kept for eyes when `WEFT_SCREENSHOTS` names a folder. */
export const screenshot = async (page: Page, name: string): Promise<void> => {
  const folder = process.env.WEFT_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
};

const themes: readonly Theme[] = ['dark', 'light'];

/** What must hold for every page once it shows what it should: nobody is kept out, in either theme, and it did not complain. */
export const expectSound = async ({ page, complaints }: Tab, name: string): Promise<void> => {
  for (const theme of themes) {
    await page.evaluate((wanted) => {
      document.documentElement.dataset['theme'] = wanted;
    }, theme);
    // The second theme differs in colours only.
    expect(await accessibilityProblems(page, theme === themes[0] ? undefined : ['color-contrast'])).toEqual([]);
    await screenshot(page, `${name}-${theme}`);
  }
  expect(complaints).toEqual([]);
};
