import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../shell/route.ts';

export const overviewRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/control-plane',
    component: lazyRouteComponent(() => import('./ControlPlanePage.tsx'), 'ControlPlanePage'),
  }),
  createRoute({ getParentRoute: () => shell, path: '/', component: lazyRouteComponent(() => import('./Overview.tsx'), 'Overview') }),
];
