import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../shell/route.ts';

const page = { getParentRoute: () => shell } as const;

export const configRoutes = [
  createRoute({ ...page, path: '/config', component: lazyRouteComponent(() => import('./Browser.tsx'), 'Browser') }),
  createRoute({ ...page, path: '/config/findings', component: lazyRouteComponent(() => import('./Findings.tsx'), 'Findings') }),
  createRoute({ ...page, path: '/config/new', component: lazyRouteComponent(() => import('./NewObject.tsx'), 'NewObject') }),
  createRoute({ ...page, path: '/history', component: lazyRouteComponent(() => import('./history/History.tsx'), 'History') }),
  createRoute({
    ...page,
    path: '/history/$revision',
    component: lazyRouteComponent(() => import('./history/RevisionPage.tsx'), 'RevisionPage'),
  }),
  createRoute({ ...page, path: '/audit', component: lazyRouteComponent(() => import('./history/Audit.tsx'), 'Audit') }),
  createRoute({
    ...page,
    path: '/config/$kind/$namespace/$name',
    component: lazyRouteComponent(() => import('./ObjectPage.tsx'), 'ObjectPage'),
  }),
];
