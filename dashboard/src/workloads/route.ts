import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../shell/route.ts';

export const workloadRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/workloads',
    component: lazyRouteComponent(() => import('./Workloads.tsx'), 'Workloads'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/workloads/$namespace/$name',
    component: lazyRouteComponent(() => import('./Workload.tsx'), 'Workload'),
  }),
];
