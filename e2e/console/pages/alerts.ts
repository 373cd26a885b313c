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
};
