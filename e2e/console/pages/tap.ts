import { expect, test } from 'vitest';
import { until } from '../../mesh.ts';
import { expectSound } from '../browser.ts';
import type { Stage } from '../stage.ts';

export const tapTests = ({ mesh, visit }: Stage): void => {
  test('requests are seen as they come, by what is asked for, until it is paused', async () => {
    const tab = await visit('/tap?path=%2Ftapped');
    const { page } = tab;
    await page.getByText('Waiting for the next request').waitFor();
    const rows = page.getByRole('table', { name: 'Live requests' }).getByRole('row');
    const most = page.getByRole('table', { name: 'What is asked most' }).getByText('GET /tapped/live');
    const seen = async (): Promise<true | undefined> => {
      await fetch(`${mesh().gateway}/tapped/live`);
      // It is counted by its server's record, which may come after its caller's.
      return ((await rows.count()) > 1 && (await most.count()) > 0) || undefined;
    };
    await until('a request is seen', seen, 60_000, 500);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('paused').waitFor();
    const before = await rows.count();
    await fetch(`${mesh().gateway}/tapped/unseen`);
    await rows.nth(1).getByRole('button', { name: 'Show' }).click();
    await page.getByRole('heading', { name: 'Records of this request' }).waitFor();
    await expectSound(tab, 'tap');
    expect(await rows.count()).toBe(before);
    expect(await page.getByText('/tapped/unseen').count()).toBe(0);
    await page.close();
  });
};
