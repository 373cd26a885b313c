/** The console's files (`dashboard`, built): they hold no data, so whoever may reach this server may have them, and be asked by them who he is. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyCompress from '@fastify/compress';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Beside the bundles in a release; from sources where the build puts them. */
const folder = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../../dist/console' : './console', import.meta.url));

const isAsset = (path: string): boolean => path.includes('/console/assets/');

/** Paths of pages are the console's own: all of them are its one document. Without a build there is no console, only the API. */
export const consoleFiles = async (server: FastifyInstance): Promise<void> => {
  if (!existsSync(folder)) return;
  await server.register(fastifyCompress, { encodings: ['br', 'gzip'] });
  server.addHook('onRoute', (route) => {
    route.config = { ...route.config, role: 'anyone' };
  });
  await server.register(fastifyStatic, {
    root: folder,
    wildcard: false,
    index: false,
    cacheControl: false,
    // Assets have their content's hash in their name; the document tells which of them are the current ones.
    setHeaders: (response, path) => {
      response.header('cache-control', isAsset(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  server.get('/', (_, reply) => reply.sendFile('index.html'));
  server.get('/*', ({ url }, reply) => (/^\/api(\/|$)/.test(url) ? reply.callNotFound() : reply.sendFile('index.html')));
};
