import { expect, test } from 'vitest';
import { expectSound } from '../browser.ts';
import type { Stage } from '../stage.ts';

/** Of a small phone. */
const phone = { width: 375, height: 740 };

export const alertTests = ({ visit }: Stage): void => {
  test('alerts fit a phone', async () => {
    const tab = await visit('/alerts');
    const { page } = tab;
    await page.setViewportSize(phone);
    await page.getByRole('heading', { name: 'Alerts', level: 1 }).waitFor();
    await page.getByText('Nothing fires').or(page.getByText('firing').first()).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width);
    await expectSound(tab, 'alerts-phone');
    await page.close();
  });

  test('objectives stand by how fast they burn, and one tells its budget and who burns it', async () => {
    const tab = await visit('/alerts/objectives?since=15m');
    const { page } = tab;
    await page.getByRole('columnheader', { name: 'Burns ↓' }).waitFor();
    await expectSound(tab, 'objectives');
    await page.getByRole('link', { name: 'shop/catalog-fast' }).click();
    await page
      .getByRole('table', { name: 'Burn rates' })
      .getByText(/limit 14.4×/)
      .waitFor();
    await page.getByRole('img', { name: /^Latency/ }).waitFor();
    await page.getByRole('table', { name: 'By caller' }).getByText('shop/web').waitFor();
    await expectSound(tab, 'objective');
    await page.close();
  });

  test('a silence shows what it would mute, is made, and ended', async () => {
    const tab = await visit('/alerts/silences?match=objective%3Dnone');
    const { page } = tab;
    await page.getByText('It would mute no alert that there is now.').waitFor();
    await page.getByLabel('Because').fill('for the console’s test');
    await expectSound(tab, 'silence-form');
    await page.getByRole('button', { name: 'Silence', exact: true }).click();
    const silence = page.getByRole('row', { name: /objective=none/ });
    await silence.waitFor();
    await expectSound(tab, 'silences');
    await silence.getByRole('button', { name: 'End' }).click();
    await silence.waitFor({ state: 'detached' });
    await page.close();
  });
};
