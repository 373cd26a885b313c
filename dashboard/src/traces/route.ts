import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../shell/route.ts';
import { readTraceSearch } from './asked.ts';

export const traceRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/traces',
    component: lazyRouteComponent(() => import('./Traces.tsx'), 'Traces'),
    validateSearch: readTraceSearch,
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/traces/$trace',
    component: lazyRouteComponent(() => import('./OneTrace.tsx'), 'OneTrace'),
  }),
];
