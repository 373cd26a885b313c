import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../shell/route.ts';

export const serviceRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/services',
    component: lazyRouteComponent(() => import('./Services.tsx'), 'Services'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/services/$namespace/$name',
    component: lazyRouteComponent(() => import('./Service.tsx'), 'Service'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/services/$namespace/$name/new-objective',
    component: lazyRouteComponent(() => import('./NewObjective.tsx'), 'NewObjective'),
  }),
];
