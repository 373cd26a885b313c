import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { until } from '../../mesh.ts';
import { expectSound } from '../browser.ts';
import type { Stage } from '../stage.ts';

/** Who is refused, and by what; all else is served as before. */
const policy = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: nobody-reads-secrets, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  action: DENY
  rules:
  - to: [{operation: {paths: ["/nothing-asks-for-this"], ports: ["8080"]}}]
  - to: [{operation: {paths: ["/secrets*"], ports: ["8080"]}}]
`;

export const securityTests = ({ mesh, visit }: Stage): void => {
  beforeAll(async () => {
    writeFileSync(join(mesh().folder, 'secrets.yaml'), policy);
    await until('secrets are kept', async () => (await fetch(`${mesh().gateway}/secrets/of/console`)).status === 403 || undefined);
    await fetch(`${mesh().gateway}/cards/of/console`);
  }, 60_000);

  test('records are found by path, and one tells what both ends say and why', async () => {
    const tab = await visit('/security/access');
    const { page } = tab;
    await page.getByLabel('Path begins with').fill('/secrets/of');
    await page.getByRole('button', { name: 'Search' }).click();
    const denied = page.getByRole('row').filter({ hasText: 'rule 1 of AuthorizationPolicy shop/nobody-reads-secrets' });
    await denied.first().waitFor();
    expect(new URL(page.url()).searchParams.get('path')).toBe('/secrets/of');
    await expectSound(tab, 'security-access');
    await denied.first().getByRole('link').click();
    await page.getByText('ALLOW').or(page.getByText('nobody-reads-secrets, spec.rules[1]')).first().waitFor();
    await page.getByRole('heading', { name: 'The caller’s proxy' }).waitFor();
    await page.getByText('spiffe://cluster.local/ns/istio-ingress/sa/istio-ingressgateway').first().waitFor();
    await expectSound(tab, 'security-record');
    await page.close();
  });

  test('a link restores what was asked; what was found is saved as CSV, with identities', async () => {
    const { page } = await visit('/security/access?path=/cards&code=200&outcome=allowed&side=destination');
    await page.getByRole('cell', { name: 'GET' }).first().waitFor();
    expect(await page.getByLabel('Status').inputValue()).toBe('200');
    const [csv] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save all as CSV' }).click()]);
    const chunks: Buffer[] = [];
    for await (const chunk of await csv.createReadStream()) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString()).toContain('spiffe://cluster.local/ns/istio-ingress/sa/istio-ingressgateway');
    await page.close();
  });

  test('says who sends plaintext, who calls whom by what, whether STRICT can be demanded; leads to who read what yesterday', async () => {
    const tab = await visit('/security?strict=warehouse&since=15m');
    const { page } = tab;
    await page.getByText('STRICT is in force everywhere in warehouse.').waitFor();
    const matrix = page.getByRole('table', { name: 'Who calls whom' });
    await matrix.getByText('mutual TLS').first().waitFor();
    await page.getByRole('table', { name: 'Refused lately' }).getByText('/secrets/of/console').first().waitFor();
    await expectSound(tab, 'security');
    await page.getByLabel('Who asked for the path').fill('/cards');
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByRole('heading', { name: 'Access records' }).waitFor();
    const { searchParams } = new URL(page.url());
    expect([searchParams.get('path'), Number(searchParams.get('to')) <= Date.now()]).toEqual(['/cards', true]);
    await page.getByText('Nobody asked for that in this time').waitFor();
    await page.close();
  });

  test('says of each rule what it decided, who may call whom against who does, and which certificate ends first', async () => {
    const tab = await visit('/security/policies?since=15m');
    const { page } = tab;
    const rules = page.getByRole('table', { name: 'Rules by traffic' });
    await rules.getByRole('row', { name: /rule 0 of AuthorizationPolicy shop\/nobody-reads-secrets.*matches nothing/ }).waitFor();
    await expectSound(tab, 'security-policies');
    await page.getByRole('link', { name: 'Who may call whom' }).click();
    await page.getByRole('row', { name: /shop\/traffic shop\/web 8080 depends/ }).waitFor();
    await expectSound(tab, 'security-callers');
    await page.getByRole('link', { name: 'Certificates' }).click();
    await page.getByRole('row', { name: /spiffe:\/\/cluster.local\/ns\/shop\/sa\/web/ }).waitFor();
    await page.getByRole('table', { name: 'Certificates of the authority' }).getByText('root', { exact: true }).waitFor();
    await expectSound(tab, 'security-certificates');
    await page.close();
  });
};
