/** Who may do what in the console, and what it is when a session ends. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoginLink, NewToken, PersonRole } from '@weft/model';
import type { BrowserContext } from 'playwright-core';
import { expect, test } from 'vitest';
import { openTab, type Tab } from '../browser.ts';
import type { Stage } from '../stage.ts';
import { allPages, go, settled } from '../walk.ts';

export const accessTests = ({ mesh, visit }: Stage): void => {
  const browserOf = async (): Promise<() => Promise<BrowserContext>> => {
    const { page } = await visit('/login');
    const browser = page.context().browser();
    await page.close();
    if (!browser) throw new Error('the browser is gone');
    return () => browser.newContext();
  };

  const asAdministrator = async <T>(path: string, body: unknown): Promise<T> => {
    const token = readFileSync(join(mesh().home, 'token'), 'utf8').trim();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await fetch(`${mesh().api}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as T;
  };

  const linkFor = async (role: PersonRole): Promise<string> => (await asAdministrator<LoginLink>('/login/links', { role })).url;

  const loggedIn = async (role: PersonRole): Promise<Tab> => {
    const tab = await openTab(await (await browserOf())());
    await tab.page.goto(await linkFor(role));
    await tab.page.getByRole('heading', { name: 'Overview' }).waitFor();
    return tab;
  };

  for (const role of process.env.WEFT_LONG ? (['viewer', 'operator'] as const) : (['viewer'] as const))
    test(`the role ${role} sees every page, and nothing on it is refused`, { timeout: 120_000 }, async () => {
      const { page, complaints } = await loggedIn(role);
      const refused: string[] = [];
      page.on('response', (response) => {
        if ([401, 403].includes(response.status())) refused.push(response.url());
      });
      for (const path of allPages) {
        await go(page, path);
        expect([path, await page.getByRole('alert').allTextContents(), refused, complaints]).toEqual([path, [], [], []]);
      }
      const forbidden = page.getByText('operators and administrators see them');
      for (const path of ['/tap', '/traces', '/security/access', '/audit']) {
        await go(page, path);
        expect([path, await forbidden.count()]).toEqual([path, role === 'viewer' ? 1 : 0]);
      }
      await go(page, '/');
      await page.getByText('By mutual TLS').waitFor();
      for (const [path, name] of [
        ['/alerts/silences', 'Silence'],
        ['/workloads/shop/catalog-v1', 'Restart'],
      ] as const) {
        await go(page, path);
        expect([name, await page.getByRole('button', { name, exact: true }).count()]).toEqual([name, role === 'viewer' ? 0 : 1]);
      }
      await page.context().close();
    });

  test('a session that ends in the middle of work leads to the login, and from there back to the same view', {
    timeout: 90_000,
  }, async () => {
    const { page } = await loggedIn('admin');
    const view = '/services?ns=shop&since=6h';
    await page.goto(`${mesh().api}${view}`);
    await settled(page);
    // As if its time were over.
    await page.evaluate(async () => {
      const { csrf } = await (await fetch('/api/v1/session')).json();
      await fetch('/api/v1/logout', { method: 'POST', headers: { 'x-weft-csrf': csrf } });
    });
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    const { token } = await asAdministrator<NewToken>('/access/tokens', { name: 'back-again', role: 'viewer' });
    await page.getByLabel(/token/).fill(token);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { name: 'Services', level: 1 }).waitFor();
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe(view);
    await page.context().close();
  });

  test('a link is good once, and nobody is led elsewhere after the login', { timeout: 90_000 }, async () => {
    const context = await (await browserOf())();
    const { page } = await openTab(context);
    for (const next of ['//evil.example', '/\t/evil.example', 'javascript:alert(1)']) {
      await page.goto((await linkFor('viewer')).replace('/login#', `/login?next=${encodeURIComponent(JSON.stringify(next))}#`));
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
      expect([next, new URL(page.url()).host]).toEqual([next, new URL(mesh().api).host]);
    }
    const link = await linkFor('viewer');
    await page.goto(link);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.goto('about:blank');
    await page.goto(link);
    await page.getByText('this link was used, or its time is over').waitFor();
    await context.close();
  });
};
