/** All pages: one line for each noun's folder. */
import { createRouter } from '@tanstack/react-router';
import { alertRoutes } from './alerts/route.ts';
import { configRoutes } from './config/route.ts';
import { mapRoutes } from './map/route.ts';
import { overviewRoutes } from './overview/route.ts';
import { securityRoutes } from './security/route.ts';
import { serviceRoutes } from './services/route.ts';
import { loginRoute, root, shell } from './shell/route.ts';
import { tapRoutes } from './tap/route.ts';
import { traceRoutes } from './traces/route.ts';
import { trafficRoutes } from './traffic/route.ts';
import { workloadRoutes } from './workloads/route.ts';

const pages = [
  ...overviewRoutes,
  ...mapRoutes,
  ...serviceRoutes,
  ...workloadRoutes,
  ...securityRoutes,
  ...alertRoutes,
  ...traceRoutes,
  ...tapRoutes,
  ...trafficRoutes,
  ...configRoutes,
];

export const router = createRouter({
  routeTree: root.addChildren([loginRoute, shell.addChildren(pages)]),
  defaultPreload: 'intent',
});
