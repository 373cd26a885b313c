import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../shell/route.ts';

const page = { getParentRoute: () => shell } as const;

export const trafficRoutes = [
  createRoute({ ...page, path: '/traffic', component: lazyRouteComponent(() => import('./Traffic.tsx'), 'Traffic') }),
  createRoute({
    ...page,
    path: '/traffic/$namespace/$name/$rule/$wizard',
    component: lazyRouteComponent(() => import('./Wizard.tsx'), 'Wizard'),
  }),
];
