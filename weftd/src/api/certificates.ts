import type { Routes } from './routes.ts';

export const certificateRoutes: Routes = (server, { ca }) => {
  server.get('/certificates', { config: { role: 'viewer' } }, () => ca.certificates());
};
