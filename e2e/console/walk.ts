/** Every page of the console, one after the other in one tab: as somebody would who goes on by links, so without loading it anew. */
import type { Page } from 'playwright-core';

const [service, workload] = ['/services/shop/catalog', '/workloads/shop/catalog-v1'];

/** What is seen of one of them at a time. */
const parts: readonly string[] = [
  ...['errors', 'objectives', 'routes', 'neighbours', 'versions', 'configuration', 'changes'].map((tab) => `${service}?tab=${tab}`),
  ...['signals', 'errors', 'envoy', 'logs', 'certificates', 'metrics', 'changes'].map((tab) => `${workload}?tab=${tab}`),
];

export const allPages: readonly string[] = [
  ...['/', '/map', '/services', '/workloads', '/traffic'],
  ...['/security', '/security/callers', '/security/policies', '/security/certificates', '/security/access'],
  ...['/traces', '/alerts', '/alerts/objectives', '/alerts/silences', '/tap'],
  ...['/config', '/config/findings', '/config/new', '/config/VirtualService/shop/catalog', '/history', '/audit'],
  ...[service, workload],
  ...(process.env.WEFT_LONG ? parts : []),
];

/** Until the page shows what it has. */
export const settled = async (page: Page): Promise<void> => {
  await page.waitForFunction(() => document.querySelector('main h1') !== null && document.querySelector('.loading') === null);
};

export const go = async (page: Page, path: string): Promise<void> => {
  await page.evaluate((to) => {
    history.pushState(null, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path);
  await page.waitForFunction((to) => location.pathname + location.search.replace(/[?&](?!tab=)[^&]*/g, '') === to, path);
  await settled(page);
};
