import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../shell/route.ts';
import { readAsked } from './access/asked.ts';

export const securityRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/security',
    component: lazyRouteComponent(() => import('./Security.tsx'), 'Security'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/security/policies',
    component: lazyRouteComponent(() => import('./Policies.tsx'), 'Policies'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/security/callers',
    component: lazyRouteComponent(() => import('./Callers.tsx'), 'Callers'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/security/certificates',
    component: lazyRouteComponent(() => import('./Certificates.tsx'), 'Certificates'),
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/security/access',
    component: lazyRouteComponent(() => import('./access/Access.tsx'), 'Access'),
    validateSearch: readAsked,
  }),
  createRoute({
    getParentRoute: () => shell,
    path: '/security/access/$record',
    component: lazyRouteComponent(() => import('./access/OneRecord.tsx'), 'OneRecord'),
  }),
];
