/** The route that all pages are children of: it reads what every URL may say. */
import { createRootRoute, createRoute, retainSearchParams } from '@tanstack/react-router';
import { Login } from './Login.tsx';
import { Missing } from './Missing.tsx';
import { Shell } from './Shell.tsx';
import { readShared, type SharedSearch, sharedNames } from './time.ts';

export const root = createRootRoute({ notFoundComponent: Missing });

export const loginRoute = createRoute({ getParentRoute: () => root, path: '/login', component: Login });

export const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: Shell,
  validateSearch: (search: Record<string, unknown>): SharedSearch => readShared(search),
  search: { middlewares: [retainSearchParams([...sharedNames])] },
});
