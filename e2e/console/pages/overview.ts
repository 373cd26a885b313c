import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../../mesh.ts';
import { expectSound } from '../browser.ts';
import type { Stage } from '../stage.ts';

/** Of a small phone. */
const phone = { width: 375, height: 740 };

export const overviewTests = ({ mesh, visit }: Stage): void => {
  test('tells how the mesh does', async () => {
    const pays = ['exec', 'deploy/web', '-n', 'shop', '--', 'curl', '-s', '-X', 'POST', 'http://payments:8080/'];
    expect(await mesh().weft(...pays)).toMatchObject({ stdout: expect.stringContaining('ok 1 pay') });
    const tab = await visit('/?since=5m');
    const { page } = tab;
    await page.getByRole('img', { name: /^Requests per second.*2xx: last/ }).waitFor();
    const answered = page.locator('.figure', { hasText: '5xx' }).getByRole('link', { name: /%$/ });
    expect(await answered.getAttribute('href')).toContain('/security/access?since=5m&code=5xx');
    await page.getByRole('link', { name: 'shop/web' }).waitFor();
    await page
      .getByRole('table', { name: 'Namespaces' })
      .getByRole('row', { name: /^warehouse .* %/ })
      .waitFor();
    await page
      .getByRole('table', { name: 'TCP' })
      .getByRole('row', { name: /^warehouse\/ledger [1-9]\d* \d+ \d+B \d+B/ })
      .waitFor();
    await page.getByText('9 of 9').waitFor();
    await page.getByText('Nothing fires.').waitFor();
    await expectSound(tab, 'overview');
    await page.close();
  });

  test('a chart is read as a table, and saved as a picture; a table as CSV', async () => {
    const { page } = await visit('/?since=5m');
    const chart = page.getByRole('img', { name: /^Latency/ });
    await chart.waitFor();
    const [png] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'PNG' }).last().click()]);
    expect(png.suggestedFilename()).toBe('latency.png');
    await page.getByRole('button', { name: 'As table' }).last().click();
    await page.getByRole('table', { name: 'Latency' }).getByText(/ms$/).first().waitFor();
    const services = page.getByRole('region', { name: 'Services' }).getByRole('button', { name: 'Export CSV' });
    const [csv] = await Promise.all([page.waitForEvent('download'), services.click()]);
    const chunks: Buffer[] = [];
    for await (const chunk of await csv.createReadStream()) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toMatch(/^Service,Failed,Requests\/s,p95\r\n/);
    await page.close();
  });

  test('fits a phone, and its navigation opens there', async () => {
    const { page } = await visit('/');
    await page.setViewportSize(phone);
    await page.getByRole('heading', { name: 'Alerts' }).waitFor();
    // Charts take their new width a moment later.
    const isNarrow = async () => (await page.evaluate(() => document.documentElement.scrollWidth)) <= phone.width || undefined;
    await until('the page is as narrow as the phone', isNarrow);
    await page.getByRole('button', { name: 'Navigation' }).click();
    await page.getByRole('navigation').getByRole('link', { name: 'Services' }).waitFor();
    await page.close();
  });

  test('is left for a page by typing its name', async () => {
    const tab = await visit('/?since=15m&ns=shop');
    const { page } = tab;
    await page.getByRole('heading', { name: 'Overview of shop' }).waitFor();
    await page.keyboard.press('Control+k');
    await page
      .getByRole('option', { name: 'Services shop/catalog' })
      .or(page.getByRole('option', { name: 'shop/catalog' }))
      .first()
      .waitFor();
    await expectSound(tab, 'palette');
    await page.getByPlaceholder('A page, service or workload').focus();
    await page.keyboard.type('alerts');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Alerts', exact: true }).waitFor();
    expect(new URL(page.url()).searchParams.get('since')).toBe('15m');
    await page.close();
  });

  test('shows a change that is made elsewhere without being loaded again', async () => {
    const { page } = await visit('/');
    const revision = page.locator('.figure', { hasText: 'Revision' }).locator('dd');
    const before = Number(await revision.textContent());
    const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: newcomer, namespace: shop}\nspec: {ports: [{name: http, port: 80}]}\n';
    const file = join(mesh().home, 'newcomer.yaml');
    writeFileSync(file, service);
    expect(await mesh().weft('apply', '-f', file)).toMatchObject({ code: 0 });
    await until('the page shows another revision', async () => Number(await revision.textContent()) > before || undefined);
    expect(await mesh().weft('delete', '-f', file)).toMatchObject({ code: 0 });
    await page.close();
  });
};
