import { expect, test } from 'vitest';
import { accessibilityProblems, expectSound } from '../browser.ts';
import type { Stage } from '../stage.ts';

export const trafficTests = ({ visit }: Stage): void => {
  test('tells every rule in words, with the share wanted beside the share seen', async () => {
    const tab = await visit('/traffic?since=1h');
    await tab.page.getByText('takes path begins with /catalog').waitFor();
    // All that the rule sent, and nothing that others did: who has no proxy goes to either version.
    await tab.page
      .getByRole('row', { name: /^catalog, version v1 100 % 100 %/ })
      .first()
      .waitFor();
    await tab.page.getByText('retried 2 times').waitFor();
    await expectSound(tab, 'traffic');
    await tab.page.close();
  });

  test('what one slider gains another loses, and the manifest follows', async () => {
    const tab = await visit('/traffic/shop/catalog/0/split');
    await tab.page.getByLabel('catalog, version v2, percent', { exact: true }).fill('30');
    await tab.page.getByText('weight: 70').waitFor();
    expect(await accessibilityProblems(tab.page)).toEqual([]);
    expect(await tab.page.getByLabel('catalog, version v1, percent', { exact: true }).inputValue()).toBe('70');
    await tab.page.getByRole('button', { name: 'Review the change' }).click();
    await tab.page.getByRole('heading', { name: /^Proxies: \d+ of \d+ change/ }).waitFor();
    expect(await accessibilityProblems(tab.page)).toEqual([]);
    await tab.page.close();
  });

  test('writes a fault, and takes it away again', async () => {
    const tab = await visit('/traffic/shop/shop/0/fault');
    await tab.page.getByLabel('Answer with status').fill('503');
    await tab.page.getByText('httpStatus: 503').waitFor();
    expect(await accessibilityProblems(tab.page)).toEqual([]);
    await tab.page.getByRole('button', { name: 'No faults' }).click();
    await tab.page.getByText('not changed').waitFor();
    await tab.page.close();
  });
};
