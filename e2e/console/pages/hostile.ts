/** Names, paths, headers and words that strangers choose are text in every page, whatever they look like. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openTab } from '../browser.ts';
import type { Stage } from '../stage.ts';

/** What would run if a page took it for its own markup: in an element, an attribute, a script, an address, a template. */
const payloads: readonly string[] = [
  '<img src=x onerror=executed()>',
  '<svg onload=executed()>',
  '<script>executed()</script>',
  '"><script>executed()</script>',
  "'><img src=x onerror=executed()>",
  '" autofocus onfocus=executed() x="',
  "' onmouseover=executed() x='",
  'javascript:executed()',
  'data:text/html,<script>executed()</script>',
  '</title><script>executed()</script>',
  '</script><script>executed()</script>',
  '<iframe srcdoc="<script>parent.executed()</script>">',
  '<details open ontoggle=executed()>',
  '<math><a xlink:href=javascript:executed()>x',
  '{{constructor.constructor("executed()")()}}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is one that nobody shall fill in
  '${executed()}',
  '<!--><img src=x onerror=executed()>-->',
  '&lt;img src=x onerror=executed()&gt;',
  '\\u003cimg src=x onerror=executed()\\u003e',
  '=cmd|"/c calc"!A1',
];

/** In a manifest: words that a person may write freely. */
const manifest = payloads
  .map((payload, index) =>
    [
      'apiVersion: networking.istio.io/v1',
      'kind: VirtualService',
      'metadata:',
      `  name: hostile-${index}`,
      '  namespace: shop',
      `  annotations: {note: ${JSON.stringify(payload)}}`,
      'spec:',
      `  hosts: [hostile-${index}.example]`,
      '  http:',
      `  - name: ${JSON.stringify(payload)}`,
      `    match: [{headers: {x-hostile: {exact: ${JSON.stringify(payload)}}}}]`,
      '    route: [{destination: {host: web}}]',
      '---',
      'apiVersion: mesh.weft.dev/v1alpha1',
      'kind: ServiceLevelObjective',
      `metadata: {name: hostile-${index}, namespace: shop}`,
      `spec: {description: ${JSON.stringify(payload)}, subject: {service: web}, indicator: {availability: {}}, target: 99, period: {rolling: 7d}}`,
    ].join('\n'),
  )
  .join('\n---\n');

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** By way of a program of the mesh: paths, user agents, ids of requests and a header that nobody expects. */
const requests = payloads
  .map((payload) => {
    const path = payload.replaceAll(' ', '%20').replaceAll('#', '%23').replaceAll('\\', '%5C');
    const headers = [`user-agent: ${payload}`, `x-request-id: ${payload}`, `x-tenant: ${payload}`].map((header) => `-H ${quoted(header)}`);
    return `curl -s -g --path-as-is -o /dev/null -m 5 ${headers.join(' ')} ${quoted(`http://catalog:8080/${path}`)}`;
  })
  .join('\n');

const pages = [
  ...['/', '/map', '/services', '/services/shop/catalog', '/workloads', '/workloads/shop/catalog-v1', '/traffic', '/security'],
  ...['/security/access?failed=true', '/security/access', '/traces', '/alerts', '/config', '/config/VirtualService/shop/hostile-0', '/tap'],
];

export const hostileTests = ({ mesh, visit }: Stage): void => {
  test('what strangers wrote runs nowhere', { timeout: 180_000 }, async () => {
    const file = join(mesh().home, 'hostile.yaml');
    writeFileSync(file, manifest);
    expect(await mesh().weft('apply', '-f', file)).toMatchObject({ code: 0 });
    const { code } = await mesh().weft('exec', '-n', 'shop', 'deploy/web', '--', 'sh', '-c', requests);
    expect(code).toBe(0);
    const first = await visit('/login');
    const context = first.page.context();
    await first.page.close();
    let executions = 0;
    await context.exposeFunction('executed', () => {
      executions += 1;
    });
    for (const path of pages) {
      const { page, complaints } = await openTab(context);
      page.on('dialog', (dialog) => {
        executions += 1;
        void dialog.dismiss();
      });
      await page.goto(`${mesh().api}${path}`);
      await page.waitForFunction(() => document.querySelector('h1') !== null && document.querySelector('.loading') === null);
      expect([path, executions, complaints]).toEqual([path, 0, []]);
      await page.close();
    }
  });
};
