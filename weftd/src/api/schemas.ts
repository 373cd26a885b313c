import { schemaOf } from '@weft/model';
import { kindNamed } from './kind.ts';
import { Refusal, type Routes } from './routes.ts';

export const schemaRoutes: Routes = (server) => {
  server.get<{ Params: { kind: string } }>('/schemas/:kind', { config: { role: 'viewer' } }, async ({ params }, reply) => {
    const found = schemaOf(kindNamed(params.kind));
    if (!found) throw new Refusal(404, `there is no form of ${params.kind}: it is no kind that takes effect here`);
    // Another one comes with another weftd only.
    return reply.header('cache-control', 'private, max-age=300').send(found);
  });
};
