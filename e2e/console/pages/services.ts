import { expect, test } from 'vitest';
import { expectSound } from '../browser.ts';
import type { Stage } from '../stage.ts';

export const serviceTests = ({ visit }: Stage): void => {
  test('lists all services with how they do; what is found and sorted is in the URL', async () => {
    const tab = await visit('/services?since=5m');
    const { page } = tab;
    const table = page.getByRole('table', { name: 'Services' });
    const web = table.getByRole('row', { name: /^web shop/ });
    await web.getByText('100 %').last().waitFor();
    await expectSound(tab, 'services');
    await page.getByLabel('Find').fill('cat');
    await page.getByText('1 of 8 rows').waitFor();
    await table.getByRole('button', { name: 'p95' }).click();
    await page.waitForURL(/find=cat.*sort=-?p95/);
    await page.reload();
    await page.getByText('1 of 8 rows').waitFor();
    await table.getByRole('link', { name: 'catalog' }).click();
    await page.getByRole('heading', { name: 'shop/catalog' }).waitFor();
    await page.close();
  });

  test('tells a service’s signals over time', async () => {
    const tab = await visit('/services/shop/catalog?since=5m');
    const { page } = tab;
    await page.getByRole('img', { name: /^Requests by answer.*2xx: last [\d.]+\/s/ }).waitFor();
    await page.getByRole('img', { name: /^Latency.*p99: last [\d.]+ ms/ }).waitFor();
    await expectSound(tab, 'service-signals');
    const chart = page.getByRole('img', { name: /^Latency/ });
    await chart.scrollIntoViewIfNeeded();
    const box = await chart.boundingBox();
    if (!box) throw new Error('the chart is not seen');
    await page.mouse.move(box.x + box.width * 0.4, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.8, box.y + 60, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/from=\d+&to=\d+/);
    expect(new URL(page.url()).searchParams.get('since')).toBeNull();
    await page.close();
  });

  /** Each tab by what it must tell. */
  const tabs: readonly (readonly [tab: string, table: string, told: RegExp])[] = [
    ['routes', 'Rules', /VirtualService shop\/catalog spec.http\[0\] .*100 % to catalog.shop.svc.cluster.local:8080 \(v1\)/],
    ['neighbours', 'Callers', /shop\/web .*mutual TLS.*spiffe:\/\/cluster.local\/ns\/shop\/sa\/web/],
    ['versions', 'Versions', /v1 .*catalog-v1.*100 %/],
    ['config', 'Configuration', /VirtualService shop\/catalog .*where its requests go.*nothing is wrong/],
    ['changes', 'Changes', /rollout/],
  ];

  test.each(tabs)('tells of a service its %s', async (id, table, told) => {
    const tab = await visit(`/services/shop/catalog?since=15m&tab=${id}`);
    await tab.page.getByRole('table', { name: table, exact: true }).getByRole('row', { name: told }).first().waitFor();
    await expectSound(tab, `service-${id}`);
    await tab.page.close();
  });

  test('shows who calls a service and whom it calls, and breaks sizes down as it does requests', async () => {
    const { page } = await visit('/services/shop/web?since=5m&by=source_workload');
    await page.getByRole('link', { name: /^shop\/traffic, [\d.]+\/s/ }).waitFor();
    await page.getByRole('link', { name: /^shop\/catalog, [\d.]+\/s/ }).waitFor();
    await page.getByRole('img', { name: /^Sizes p95.*traffic, request: last/ }).waitFor();
    await page.getByRole('link', { name: 'on the map' }).click();
    await page.waitForURL(/\/map\?.*focus=service%3Ashop%2Fweb/);
    await page.close();
  });

  test('an objective is proposed from the past, and its own past is drawn', async () => {
    const tab = await visit('/services/shop/catalog?since=15m&tab=slos');
    const { page } = tab;
    await page.getByRole('img', { name: /^Error budget left.*last 100 %/ }).waitFor();
    await page.getByRole('img', { name: /^Compliance.*target: last 95 %/ }).waitFor();
    await page.getByRole('link', { name: 'New objective, from its past' }).click();
    await page.getByLabel('What is good').selectOption('latency');
    await page.getByText('Nothing is wrong with it.').waitFor();
    await page.getByLabel('Of all, percent').fill('97.5');
    await page.getByText('target: 97.5').waitFor();
    await expectSound(tab, 'new-objective');
    await page.getByRole('button', { name: 'Review the change' }).click();
    await page.getByRole('button', { name: 'Apply', exact: true }).waitFor();
    await page.close();
  });

  test('tells what changed around a moment', async () => {
    const { page } = await visit(`/services/shop/catalog?since=15m&moment=${Date.now()}`);
    await page.getByRole('heading', { name: /^What changed around/ }).waitFor();
    await page.getByRole('table', { name: 'Changes around this moment' }).getByText('rollout').first().waitFor();
    await page.close();
  });
};
