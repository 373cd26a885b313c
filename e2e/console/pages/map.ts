/** The map of the shop's traffic, and of a plaintext flow that an old program sends. */
import { readFileSync } from 'node:fs';
import type { Topology } from '@weft/model';
import { expect, test } from 'vitest';
import { until } from '../../mesh.ts';
import { expectSound } from '../browser.ts';
import type { Stage } from '../stage.ts';

/** The program without a sidecar asks the catalog, and what came of it was measured. */
const plaintextSeen = async ({ mesh }: Stage): Promise<void> => {
  const asked = await mesh().weft('exec', 'deploy/batch', '-n', 'legacy', '--', 'curl', '-sf', 'http://catalog.shop:8080/');
  expect(asked.code, asked.stderr).toBe(0);
  await until('the map knows the plaintext', async () => {
    const { edges } = await mesh().get<Topology>('/edges');
    const names = edges.map(({ callee }) => callee.name);
    return (edges.some(({ mtls }) => mtls === 'plaintext') && names.includes('inventory')) || undefined;
  });
};

export const mapTests = (stage: Stage): void => {
  /** Without dots that move, which would leave little of a small machine to the rest. */
  const visit: Stage['visit'] = async (path) => {
    const tab = await stage.visit(path);
    await tab.page.emulateMedia({ reducedMotion: 'reduce' });
    return tab;
  };

  test('who sends plaintext stands out, and a click says who', async () => {
    await plaintextSeen(stage);
    const tab = await visit('/map?since=15m');
    const { page } = tab;
    await page.getByRole('button', { name: '1 flow is not mTLS, from legacy/batch' }).click();
    await page.getByText(/nodes and 1 of \d+ edges found/).waitFor();
    await expectSound(tab, 'map');
    await page.goto(`${page.url()}&sel=${encodeURIComponent('service:legacy/batch > service:shop/catalog http')}`);
    await page.getByText(/legacy\/batch from 10\.244\.\S+: \d+ times/).waitFor();
    await expectSound(tab, 'map-edge');
    await page.close();
  });

  test('is walked by the keyboard, and told in words', async () => {
    const tab = await visit('/map?since=15m');
    const { page } = tab;
    const map = page.getByRole('application', { name: /Map of \d+ nodes/ });
    await map.focus();
    const names = [];
    for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowRight']) {
      await page.keyboard.press(key);
      names.push((await page.locator('.map-ground [aria-live]').textContent()) ?? '');
    }
    expect(new Set(names).size).toBeGreaterThan(1);
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'What is chosen' }).waitFor();
    expect(new URL(page.url()).searchParams.get('sel')).toBeTruthy();
    await page.close();
  });

  test('a service tells what breaks if it stops, and shows its versions', async () => {
    const tab = await visit(`/map?since=15m&sel=${encodeURIComponent('service:shop/catalog')}`);
    const { page } = tab;
    const panel = page.getByRole('complementary', { name: 'What is chosen' });
    await panel.getByText('If it stops, these break').waitFor();
    await panel.getByText(/shop\/web.*shop\/traffic/).waitFor();
    await panel.getByRole('button', { name: 'Show versions' }).click();
    await panel.getByRole('table', { name: 'Calls' }).getByText('shop/catalog-v1').waitFor();
    await panel.getByRole('button', { name: 'Show what is hit' }).click();
    await page.getByRole('button', { name: 'Whole map', exact: true }).waitFor();
    await expectSound(tab, 'map-node');
    await page.close();
  });

  test('is a table, too, and a file', async () => {
    const tab = await visit('/map?since=15m&view=table');
    const { page } = tab;
    const edges = page.getByRole('region', { name: 'Edges' });
    await edges.getByRole('row', { name: /shop\/web.*shop\/cart/ }).waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), edges.getByRole('button', { name: 'Export CSV' }).click()]);
    const file = readFileSync(await download.path(), 'utf8');
    expect(file.split('\r\n')[0]).toBe(
      'From,To,Protocol,Requests,Failed,p95 (ms),Bytes per second,Connections,Protection,Health,Vanished after',
    );
    expect(file).toContain('shop/web,shop/cart,http,');
    await page.getByLabel('Hide').fill('error>many');
    await page.getByText('error> needs a number, like error>1%').waitFor();
    await expectSound(tab, 'map-table');
    await page.close();
  });

  test('shows a moment of the past with the configuration that was in force, and comes back', async () => {
    const tab = await visit('/map?since=15m');
    const { page } = tab;
    const time = page.getByRole('region', { name: 'Time' });
    await time.getByText(/^Now/).waitFor();
    await time.getByRole('button', { name: 'A minute back' }).click();
    await time.getByText(/^As of .*configuration revision \d+/).waitFor();
    const at = Number(new URL(page.url()).searchParams.get('at'));
    expect(Date.now() - at).toBeLessThan(10 * 60_000);
    // Another page shows the same moment.
    await page.getByRole('link', { name: 'Services' }).click();
    await page.waitForURL(({ pathname, searchParams }) => pathname === '/services' && searchParams.get('at') === String(at));
    await page.goBack();
    await time.getByRole('slider', { name: 'Moment that is shown' }).press('End');
    await time.getByText(/^Now/).waitFor();
    expect(new URL(page.url()).searchParams.get('at')).toBeNull();
    await page.close();
  });

  test('traffic moves, and stands still for who wants no motion', async () => {
    const { page } = await stage.visit('/map?since=15m');
    await page.getByRole('application', { name: /Map of \d+ nodes/ }).waitFor();
    const seen = () => page.evaluate(() => (document.querySelector('.map-canvas') as HTMLCanvasElement).toDataURL());
    const before = await seen();
    await until('dots moved', async () => (await seen()) !== before || undefined);
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await until('it stands still', async () => {
      const first = await seen();
      return first === (await seen()) || undefined;
    });
    await page.close();
  });

  test('is saved as a picture', async () => {
    const { page } = await visit('/map?since=15m');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'PNG' }).click()]);
    const file = readFileSync(await download.path());
    expect(file.subarray(1, 4).toString('latin1')).toBe('PNG');
    // Its width and height, in the header: as large as the whole map.
    expect([file.readUInt32BE(16) > 600, file.readUInt32BE(20) > 300]).toEqual([true, true]);
    await page.close();
  });

  test('nodes are workloads, or applications', async () => {
    const { page } = await visit('/map?since=15m&view=table&nodes=workloads');
    const nodes = page.getByRole('region', { name: 'Nodes' });
    await nodes.getByRole('row', { name: /shop\/catalog-v1 workload/ }).waitFor();
    await page.getByLabel('Nodes are').selectOption('applications');
    await nodes.getByRole('row', { name: /shop\/catalog application/ }).waitFor();
    await page.close();
  });

  test('plays the past until it is now', async () => {
    const { page } = await visit('/map?since=15m');
    const atIn = (url: URL): number => Number(url.searchParams.get('at') ?? Number.POSITIVE_INFINITY);
    await page.getByRole('button', { name: 'Play' }).click();
    await page.waitForURL((url) => Number.isFinite(atIn(url)));
    const first = atIn(new URL(page.url()));
    await page.waitForURL((url) => atIn(url) > first);
    await page.close();
  });
};
