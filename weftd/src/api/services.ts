/** The services of the mesh, what stands behind each, and which objects decide about it. */
import { Refusal, type Routes } from './routes.ts';

export const serviceRoutes: Routes = (server, { desired }) => {
  server.get('/services', { config: { role: 'viewer' } }, async () => ({ items: await desired.call('services') }));

  server.get<{ Params: { namespace: string; name: string } }>(
    '/services/:namespace/:name',
    { config: { role: 'viewer' } },
    async ({ params: { namespace, name } }) => {
      const found = await desired.call('service', { namespace, name });
      if (!found) throw new Refusal(404, `there is no service ${namespace}/${name}`);
      return found;
    },
  );
};
