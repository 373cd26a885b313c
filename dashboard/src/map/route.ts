import { createRoute, lazyRouteComponent } from '@tanstack/react-router';
import { shell } from '../shell/route.ts';
import { readMapSearch } from './search.ts';

export const mapRoutes = [
  createRoute({
    getParentRoute: () => shell,
    path: '/map',
    validateSearch: readMapSearch,
    component: lazyRouteComponent(() => import('./MapPage.tsx'), 'MapPage'),
  }),
];
