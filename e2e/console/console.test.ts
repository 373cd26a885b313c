/** The console over the example that runs: every page in a real browser. One mesh and one browser for all; each noun's tests are in `pages/`. */
import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { type Mesh, root, startMesh } from '../mesh.ts';
import { openBrowser, openTab } from './browser.ts';
import { accessTests } from './pages/access.ts';
import { alertTests } from './pages/alerts.ts';
import { answerTests } from './pages/answers.ts';
import { configTests } from './pages/config.ts';
import { controlPlaneTests } from './pages/control-plane.ts';
import { everywhereTests } from './pages/everywhere.ts';
import { hostileTests } from './pages/hostile.ts';
import { mapTests } from './pages/map.ts';
import { memoryTests } from './pages/memory.ts';
import { overviewTests } from './pages/overview.ts';
import { questionTests } from './pages/questions.ts';
import { securityTests } from './pages/security.ts';
import { serviceTests } from './pages/services.ts';
import { stateTests } from './pages/states.ts';
import { tapTests } from './pages/tap.ts';
import { traceTests } from './pages/traces.ts';
import { trafficTests } from './pages/traffic.ts';
import { workloadTests } from './pages/workloads.ts';
import type { Stage } from './stage.ts';

let mesh: Mesh;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  [mesh, browser] = await Promise.all([startMesh({ folder: join(root, 'examples/shop') }), openBrowser()]);
  context = await browser.newContext();
  // As the user does: by the link that is printed.
  const { stdout } = await mesh.weft('dashboard', '--print-url');
  const { page } = await openTab(context);
  await page.goto(stdout.trim());
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  await page.close();
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await mesh?.stop();
}, 60_000);

const stage: Stage = {
  mesh: () => mesh,
  visit: async (path) => {
    const tab = await openTab(context);
    await tab.page.goto(`${mesh.api}${path}`);
    return tab;
  },
};

describe('overview', () => overviewTests(stage));
describe('security', () => securityTests(stage));
describe('alerts', () => alertTests(stage));
describe('traces', () => traceTests(stage));
describe('tap', () => tapTests(stage));
describe('services', () => serviceTests(stage));
describe('workloads', () => workloadTests(stage));
describe('map', () => mapTests(stage));
describe('configuration', () => configTests(stage));
// Its lines are drawn once it was looked at for some time.
describe('control plane', () => controlPlaneTests(stage));
describe('answers', () => answerTests(stage));
describe('traffic', () => trafficTests(stage));
describe('questions', () => questionTests(stage));
describe('states', () => stateTests(stage));
describe('everywhere', () => everywhereTests(stage));
describe('access', () => accessTests(stage));
describe('memory', () => memoryTests(stage));
describe('strangers', () => hostileTests(stage));
