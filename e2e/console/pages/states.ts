/** Pages that have nothing to show: they were refused, or weftd is away. */
import { expect, test } from 'vitest';
import type { Stage } from '../stage.ts';
import { allPages, go, settled } from '../walk.ts';

/** The first asks nothing of weftd, the others show what the frame of every page has asked for. */
const isKnown = (path: string): boolean => path === '/config/new' || path.startsWith('/workloads');

export const stateTests = ({ visit }: Stage): void => {
  test('what weftd refuses is said on every page, and nothing is made up instead', async () => {
    const { page } = await visit('/tap');
    await settled(page);
    const refusal = { status: 429, contentType: 'application/json', body: JSON.stringify({ error: 'too many questions' }) };
    await page.route(/\/api\/v1\/(?!session|stream)/, (route) => route.fulfill(refusal));
    for (const path of allPages.filter((path) => !isKnown(path))) {
      // Answers of before are kept beside the refusal; of a time that nobody asked for yet there are none.
      await go(page, path);
      const said = async () => [path, await page.getByRole('main').getByRole('alert').allTextContents()];
      await expect.poll(said, { timeout: 5_000 }).toEqual([path, expect.arrayContaining([expect.stringContaining('too many questions')])]);
      expect([path, await page.getByText('idle', { exact: true }).count()]).toEqual([path, 0]);
    }
    await page.close();
  });

  test('while weftd is away other pages open all the same, and say so', async () => {
    const { page } = await visit('/');
    await settled(page);
    await page.waitForLoadState('networkidle');
    await page.route('**/*', (route) => route.abort('connectionrefused'));
    await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Configuration' }).click();
    await page.getByText('The control plane cannot be reached; traffic goes on without it.').first().waitFor();
    await page.unroute('**/*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('table').getByText('VirtualService').first().waitFor();
    await page.close();
  });

  test('a service that nobody knows is said to be none', async () => {
    const { page } = await visit('/services/shop/nobody');
    await page.getByText('No service is called shop/nobody now').waitFor();
    await page.close();
  });
};
