import { test } from 'vitest';
import { expectSound } from '../browser.ts';
import type { Stage } from '../stage.ts';

export const controlPlaneTests = ({ visit }: Stage): void => {
  test('tells how the control plane does, over time', async () => {
    const tab = await visit('/control-plane?since=5m');
    const { page } = tab;
    await page.getByRole('img', { name: /^Connected proxies.*last 9/ }).waitFor();
    await page.getByRole('img', { name: /^Responses sent.*eds: last/ }).waitFor();
    await page.getByRole('img', { name: /^Memory.*last \d+MB/ }).waitFor();
    await page.getByRole('table', { name: 'What proxies use' }).getByRole('link', { name: 'shop/web' }).waitFor();
    await expectSound(tab, 'control-plane');
    await page.close();
  });
};
