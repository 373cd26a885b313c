import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { readAsked } from '../security/access/asked.ts';
import { shell } from '../shell/route.ts';

export const tapRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/tap',
    component: lazyRouteComponent(() => import('./Tap.tsx'), 'Tap'),
    validateSearch: readAsked,
  }),
];
