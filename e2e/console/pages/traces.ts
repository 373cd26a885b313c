import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../../mesh.ts';
import { expectSound } from '../browser.ts';
import type { Stage } from '../stage.ts';

/** Every request of the shop is traced. */
const sampling = `
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: all-traced, namespace: shop}
spec:
  tracing:
  - randomSamplingPercentage: 100
`;

interface Traces {
  readonly items: readonly { readonly id: string; readonly spans: number }[];
}

export const traceTests = ({ mesh, visit }: Stage): void => {
  beforeAll(async () => {
    writeFileSync(join(mesh().folder, 'sampling.yaml'), sampling);
    const isThere = async (): Promise<true | undefined> =>
      (await mesh().get<Traces>('/traces?limit=200')).items.some(({ spans }) => spans > 1) || undefined;
    await until('a trace has two spans', isThere);
  }, 60_000);

  test('traces are found by service, drawn over time, and one is a waterfall that keys go through', async () => {
    const tab = await visit('/traces?since=15m&service=shop%2Fweb');
    const { page } = tab;
    await page.getByRole('img', { name: /^Durations of \d+ traces/ }).waitFor();
    await expectSound(tab, 'traces');
    const { items } = await mesh().get<Traces>('/traces?limit=200');
    await page.goto(`${mesh().api}/traces/${items.find(({ spans }) => spans > 1)?.id}`);
    const spans = page.getByRole('list', { name: 'Spans in the order of calls' }).getByRole('button');
    await spans.nth(1).waitFor();
    await spans.first().focus();
    await page.keyboard.press('ArrowDown');
    await until('the second span is chosen', async () => (await spans.nth(1).getAttribute('aria-pressed')) === 'true' || undefined);
    expect(new URL(page.url()).searchParams.get('span')).toMatch(/^"?[0-9a-f]{16}"?$/);
    await page.getByText('guid:x-request-id').waitFor();
    await expectSound(tab, 'trace');
    await page.getByRole('link', { name: 'Its access records' }).click();
    await page.getByRole('table', { name: 'Access records' }).getByRole('link').first().waitFor();
    await page.close();
  });
};
