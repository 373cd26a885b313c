/** The console's files (`dashboard`, built): they hold no data, so whoever may reach this server may have them, and be asked by them who he is. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyCompress from '@fastify/compress';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Beside the bundles in a release; from sources where the build puts them. */
const folder = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../../dist/console' : './console', import.meta.url));

/** Paths of pages are the console's own: all of them are its one document. Without a build there is no console, only the API. */
export const consoleFiles = async (server: FastifyInstance): Promise<void> => {
  if (!existsSync(folder)) return;
  await server.register(fastifyCompress, { encodings: ['br', 'gzip'] });
  server.addHook('onRoute', (route) => {
    route.config = { ...route.config, role: 'anyone' };
  });
  // Assets have their content's hash in their name; the document tells which of them are the current ones.
  await server.register(fastifyStatic, { root: `${folder}/assets`, prefix: '/assets/', index: false, immutable: true, maxAge: '1y' });
  server.get('/weft.svg', (_, reply) => reply.sendFile('weft.svg', folder));
  server.get('/*', ({ url }, reply) =>
    /^\/api(\/|$)/.test(url)
      ? reply.callNotFound()
      : reply.header('cache-control', 'no-cache').sendFile('index.html', folder, { cacheControl: false }),
  );
};
