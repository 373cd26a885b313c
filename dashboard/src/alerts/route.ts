import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../shell/route.ts';

export const alertRoutes = [
  createRoute({ getParentRoute: () => shell, path: '/alerts', component: lazyRouteComponent(() => import('./Alerts.tsx'), 'Alerts') }),
  createRoute({
    getParentRoute: () => shell,
    path: '/alerts/silences',
    component: lazyRouteComponent(() => import('./Silences.tsx'), 'Silences'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/alerts/objectives',
    component: lazyRouteComponent(() => import('./Objectives.tsx'), 'Objectives'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/alerts/objectives/$namespace/$name',
    component: lazyRouteComponent(() => import('./OneObjective.tsx'), 'OneObjective'),
  }),
];
