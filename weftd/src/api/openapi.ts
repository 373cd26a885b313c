/** The API described in OpenAPI: made from the routes as they are registered, with what `descriptions.ts` says of each. */
import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema, HTTPMethods } from 'fastify';
import { type Described, descriptions, errorShape } from './descriptions.ts';
import type { NeededRole } from './guard.ts';
import type { ApiParts } from './routes.ts';

const prefix = '/api/v1';

export const keyOf = (method: string, url: string): string => `${method} ${url.slice(prefix.length)}`;

const words = (text: string): string[] => text.split(' ').filter((word) => word !== '');

/** `kind namespace?`: a name with `?` may be left out, as most may. */
const queryOf = (names: string): object => ({
  type: 'object',
  properties: Object.fromEntries(words(names).map((name) => [name.replace('!', ''), { type: 'string' }])),
  required: words(names)
    .filter((name) => name.endsWith('!'))
    .map((name) => name.slice(0, -1)),
});

const answersOf = ({ answer, type = 'application/json', status = 200 }: Described, role: NeededRole): object => {
  const refused = { description: 'refused, in words', content: { 'application/json': { schema: errorShape } } };
  return {
    [status]: { description: answer.description, content: { [type]: { schema: answer.schema } } },
    '4xx': refused,
    ...(role !== 'anyone' && { 401: refused, 403: refused }),
  };
};

const schemaOf = (schema: FastifySchema | undefined, described: Described, role: NeededRole): object => ({
  ...schema,
  summary: described.summary,
  ...(described.query !== undefined && { querystring: queryOf(described.query) }),
  response: answersOf(described, role),
  ...(role === 'anyone' ? { security: [] } : {}),
  'x-weft-role': role,
});

const methodOf = (method: HTTPMethods | HTTPMethods[]): string => String([method].flat()[0]);

/** Before any route; a route without a description is left out here, and found by a test. */
export const describeAll = (server: FastifyInstance, { version }: ApiParts): void => {
  server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Weft', version, description: 'Over TCP every call needs a bearer token or a session; each says the least role.' },
      components: {
        securitySchemes: { token: { type: 'http', scheme: 'bearer' }, session: { type: 'apiKey', in: 'cookie', name: 'weft_session' } },
      },
      security: [{ token: [] }, { session: [] }],
    },
    transform: ({ schema, url, route: { method, config } }) => {
      const described = descriptions[keyOf(methodOf(method), url)];
      const role = config?.role;
      if (!described || !role) return { schema: { ...schema, hide: true }, url };
      return { schema: schemaOf(schema, described, role) as FastifySchema, url };
    },
  });
  server.register(async (scoped) => {
    scoped.get(`${prefix}/openapi.json`, { config: { role: 'viewer' } }, () => server.swagger());
  });
};
