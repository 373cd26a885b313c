import { expect, test } from 'vitest';
import { expectSound } from '../browser.ts';
import type { Stage } from '../stage.ts';

export const workloadTests = ({ mesh, visit }: Stage): void => {
  test('lists workloads with the state of their proxies', async () => {
    const tab = await visit('/workloads?since=5m');
    const { page } = tab;
    const table = page.getByRole('table', { name: 'Workloads' });
    await table.getByRole('row', { name: /^web shop Deployment 1 of 1 in step/ }).waitFor();
    await table.getByRole('row', { name: /^batch legacy Deployment 1 of 1 none/ }).waitFor();
    await expectSound(tab, 'workloads');
    await table.getByRole('link', { name: 'web' }).click();
    await page.getByRole('heading', { name: 'shop/web' }).waitFor();
    await page.close();
  });

  test('tells what an instance’s Envoy has, as table and text', async () => {
    const tab = await visit('/workloads/shop/web?since=5m');
    const { page } = tab;
    await page.getByRole('table', { name: 'Sent and acknowledged' }).getByText('ECDS').waitFor();
    await expectSound(tab, 'workload-instances');
    await page.getByRole('link', { name: 'configuration', exact: true }).click();
    await page.getByRole('button', { name: /^outbound\|8080\|v1\|catalog/ }).click();
    await page.getByText('"connect_timeout"').waitFor();
    await expectSound(tab, 'workload-config');
    await page.getByLabel('Part').selectOption('secrets');
    await page.getByRole('row', { name: /^default .*spiffe:\/\/cluster.local\/ns\/shop\/sa\/web/ }).waitFor();
    expect(await page.content()).not.toContain('PRIVATE KEY');
    await page.close();
  });

  test('follows the logs of application and proxy, and shows what is looked for', async () => {
    const tab = await visit('/workloads/shop/web?tab=logs');
    const { page } = tab;
    const log = page.getByRole('log');
    await log.getByText('web listens on 8080').waitFor();
    await expectSound(tab, 'workload-logs');
    await page.getByLabel('Show').fill('listens on \\d+');
    await page.getByText(/^1 of \d+ lines/).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText(/lines, paused/).waitFor();
    await page.close();
  });

  test('a proxy is told how much to log, and that is written down', async () => {
    const tab = await visit('/workloads/shop/cart?tab=logs');
    const level = tab.page.getByLabel('Its Envoy logs');
    await level.selectOption('info');
    await tab.page.goto(tab.page.url().replace(/\/workloads.*/, '/audit?action=log-level'));
    await tab.page.getByText(/^shop\/cart-.*: info$/).waitFor();
    expect(await mesh().weft('log-level', 'cart', 'warning', '-n', 'shop')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('logs warning'),
    });
    await tab.page.close();
  });

  test('tells by whom its certificate was issued', async () => {
    const { page } = await visit('/workloads/shop/cart?tab=certificates');
    await page
      .getByRole('row', { name: /^default its own .*spiffe:\/\/cluster.local\/ns\/shop\/sa\/cart.*CN=Weft intermediate, O=cluster.local/ })
      .waitFor();
    await page.close();
  });

  test('is restarted after a question only', async () => {
    const tab = await visit('/workloads/legacy/batch');
    const { page } = tab;
    await page.getByRole('button', { name: 'Restart', exact: true }).click();
    const question = page.getByRole('alertdialog');
    await question.getByText('Restart legacy/batch?').waitFor();
    await expectSound(tab, 'restart');
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'hidden' });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Restart');
    await page.close();
  });
};
