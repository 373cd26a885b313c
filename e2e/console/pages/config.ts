import { readFileSync } from 'node:fs';
import type { History } from '@weft/model';
import { afterAll, expect, test } from 'vitest';
import { expectSound, screenshot, type Tab } from '../browser.ts';
import type { Stage } from '../stage.ts';

const split = (v1: number, note = ''): string => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: console-split
  namespace: shop
spec:
  hosts: [batch.legacy.svc.cluster.local]
  http:
  - route:
    - destination: {host: catalog, subset: v1}
      weight: ${v1}
    - destination: {host: catalog, subset: v2}
      weight: ${100 - v1}
${note}`;

/** The text as the editor has it; what is far off its window is not in the page. */
const written = (tab: Tab): Promise<string | null> => tab.page.locator('.cm-content').first().textContent();

const write = async ({ page }: Tab, text: string): Promise<void> => {
  const editor = page.locator('.cm-content').first();
  await editor.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.press('Delete');
  // As from a clipboard: nothing is indented or completed on the way.
  await page.keyboard.insertText(text);
};

export const configTests = ({ mesh, visit }: Stage): void => {
  const path = '/config/VirtualService/shop/console-split';

  afterAll(async () => {
    await mesh().weft('delete', 'virtualservice', 'console-split', '-n', 'shop');
  });

  test('lists every object, and finds by kind and word', async () => {
    const tab = await visit('/config');
    await tab.page.getByRole('link', { name: 'catalog-v1', exact: true }).waitFor();
    await expectSound(tab, 'config');
    await tab.page.getByLabel('Kind').selectOption('DestinationRule');
    await tab.page.getByText('on all proxies').first().waitFor();
    expect(await tab.page.getByRole('link', { name: 'catalog-v1', exact: true }).count()).toBe(0);
    expect(new URL(tab.page.url()).searchParams.get('kind')).toContain('DestinationRule');
    await tab.page.close();
  });

  test('tells what is wrong now', async () => {
    const tab = await visit('/config/findings');
    await tab.page.getByRole('heading', { name: 'Findings' }).waitFor();
    await expectSound(tab, 'findings');
    await tab.page.close();
  });

  test('shows an object of a file: how it stands, and what it names', async () => {
    const tab = await visit('/config/VirtualService/shop/catalog');
    await tab.page.getByText(/programmed on \d+ of \d+ proxies/).waitFor();
    await tab.page.getByRole('link', { name: 'Service shop/catalog' }).first().waitFor();
    expect(await written(tab)).toContain('kind: VirtualService');
    await expectSound(tab, 'object');
    await tab.page.close();
  });

  test('completes, checks, compares and applies what is written, and says when it is live', async () => {
    const tab = await visit('/config/new?kind=VirtualService&ns=shop');
    await write(tab, split(90).replace('weight: 10', 'wieght: 10'));
    await tab.page.getByText('unknown field `wieght`').first().waitFor();
    await tab.page.getByText('Did you mean `weight`?').first().waitFor();
    await tab.page.locator('.cm-lintRange-error').waitFor();
    await write(tab, split(90, '    re'));
    await tab.page.keyboard.press('Control+Space');
    await tab.page.getByRole('option', { name: /retries/ }).waitFor();
    await screenshot(tab.page, 'completion');
    await tab.page.keyboard.press('Escape');
    await write(tab, split(90));
    await tab.page.getByText('Nothing is wrong with it.').waitFor();
    await expectSound(tab, 'edit');
    const isInEditor = (): Promise<boolean> => tab.page.evaluate(() => document.activeElement?.shadowRoot != null);
    await tab.page.getByText('Escape and then Tab leaves the').waitFor();
    await tab.page.keyboard.press('Escape');
    expect(await isInEditor()).toBe(true);
    await tab.page.keyboard.press('Tab');
    expect(await isInEditor()).toBe(false);
    await tab.page.getByRole('button', { name: 'Review the change' }).click();
    await tab.page.getByRole('button', { name: 'Apply', exact: true }).click();
    await tab.page.getByText(/^(live everywhere|no proxy needs it)$/).waitFor();
    await expectSound(tab, 'applied');
    const { resource } = await mesh().get<{ resource: { spec: { hosts: string[] } } }>('/resources/VirtualService/shop/console-split');
    expect(resource.spec.hosts).toEqual(['batch.legacy.svc.cluster.local']);
    await tab.page.close();
  });

  test('shows the difference of an edit before it is applied', async () => {
    const tab = await visit(`${path}?view=edit`);
    await tab.page.locator('.cm-content').waitFor();
    await write(tab, split(50));
    await tab.page.getByRole('button', { name: 'Review the change' }).click();
    await tab.page.locator('.cm-deletedChunk').first().waitFor();
    await expectSound(tab, 'difference');
    await tab.page.close();
  });

  test('takes back what was applied, and the history tells of both', async () => {
    const tab = await visit(`${path}?view=edit`);
    await tab.page.locator('.cm-content').waitFor();
    await write(tab, split(40));
    await tab.page.getByRole('button', { name: 'Review the change' }).click();
    await tab.page.getByRole('heading', { name: /^Proxies: \d+ of \d+ change/ }).waitFor();
    await expectSound(tab, 'preview');
    await tab.page.getByRole('button', { name: 'Apply', exact: true }).click();
    await tab.page.getByRole('button', { name: /^Undo revision/ }).click();
    await tab.page.getByText('Nothing stands in its way.').waitFor();
    await expectSound(tab, 'undo');
    await tab.page.getByRole('button', { name: 'Undo it' }).click();
    await tab.page.getByRole('heading', { name: 'History' }).waitFor();
    const { resource } = await mesh().get<{ resource: { spec: { http: { route: { weight: number }[] }[] } } }>(
      '/resources/VirtualService/shop/console-split',
    );
    expect(resource.spec.http[0]?.route[0]?.weight).toBe(90);
    await tab.page.goto(`${mesh().api}/history`);
    await tab.page.getByText(/^undoes \d+$/).waitFor();
    await expectSound(tab, 'history');
    await tab.page.goto(`${mesh().api}/audit`);
    await tab.page.getByRole('cell', { name: 'undo', exact: true }).first().waitFor();
    await tab.page
      .getByRole('button', { name: /^before and after of entry/ })
      .first()
      .click();
    await tab.page.locator('.cm-deletedChunk').first().waitFor();
    expect(new URL(tab.page.url()).searchParams.get('entry')).toMatch(/^\d+$/);
    const [file] = await Promise.all([tab.page.waitForEvent('download'), tab.page.getByRole('button', { name: 'Export CSV' }).click()]);
    const table = readFileSync(await file.path(), 'utf8');
    expect(table.split('\r\n')[0]).toMatch(/,Before,After$/);
    expect(table).toMatch(/,undo,[^"]*console-split[^"]*"[^"]*weight: 40[^"]*","[^"]*weight: 90/);
    await expectSound(tab, 'audit');
    await tab.page.close();
  });

  test('at a moment of the past it shows what was in force, to be read only', async () => {
    const { items } = await mesh().get<History>('/history?kind=VirtualService&namespace=shop&name=console-split');
    const made = items.at(-1)?.at ?? 0;
    const tab = await visit(`${path}?at=${made}`);
    const { page } = tab;
    await page.getByText(/^This is the past: the configuration as it was at/).waitFor();
    await page.locator('.cm-content').waitFor();
    expect(await written(tab)).toContain('weight: 90');
    expect(await page.getByRole('button', { name: /^(Edit|Delete)/ }).count()).toBe(0);
    await page.goto(`${mesh().api}/config?at=${made}&find=console-split`);
    await page.getByRole('link', { name: 'console-split', exact: true }).waitFor();
    await expectSound(tab, 'past');
    expect(await page.getByRole('link', { name: 'New object' }).count()).toBe(0);
    await page.goto(`${mesh().api}${path}?at=${made - 1}`);
    await page.getByText('There was no VirtualService shop/console-split then.').waitFor();
    await page.close();
  });

  test('what a file owns is said to be the file’s', async () => {
    const tab = await visit('/config/VirtualService/shop/catalog?view=edit');
    await tab.page.getByText(/owns this object/).waitFor();
    expect(await tab.page.getByText(/catalog\.yaml:\d+/).count()).toBeGreaterThan(0);
    await tab.page.close();
  });

  test('deletes only once it was confirmed', async () => {
    const tab = await visit(path);
    await tab.page.getByRole('button', { name: 'Delete', exact: true }).click();
    await tab.page.getByRole('alertdialog').waitFor();
    await expectSound(tab, 'delete');
    await tab.page.getByRole('button', { name: 'Delete it' }).click();
    await tab.page.getByRole('heading', { name: 'Objects' }).waitFor();
    const left = await mesh().get<{ items: readonly { resource: { metadata: { name: string } } }[] }>('/resources/VirtualService');
    expect(left.items.map(({ resource }) => resource.metadata.name)).not.toContain('console-split');
    await tab.page.close();
  });
};
