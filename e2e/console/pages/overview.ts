import { expect, test } from 'vitest';
import { expectSound } from '../browser.ts';
import type { Stage } from '../stage.ts';

export const overviewTests = ({ visit }: Stage): void => {
  test('tells that the mesh is ready', async () => {
    const tab = await visit('/');
    await tab.page.getByText('ready', { exact: true }).waitFor();
    await expectSound(tab, 'overview');
    expect(await tab.page.title()).toBe('Weft');
    await tab.page.close();
  });
};
