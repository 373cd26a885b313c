import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../shell/route.ts';

export const alertRoutes = [
  createRoute({ getParentRoute: () => shell, path: '/alerts', component: lazyRouteComponent(() => import('./Alerts.tsx'), 'Alerts') }),
];
