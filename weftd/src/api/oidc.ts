/** The way to the provider that the mesh's settings name, and back. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Begun, NoLogin } from '../access/oidc.ts';
import type { ProviderLogin } from '../access/provider.ts';
import { enter } from './login.ts';
import { onlyThese, type Query, textIn } from './query.ts';
import { type ApiParts, Refusal, type Routes } from './routes.ts';

const path = '/api/v1/login/oidc';
const cookieSeconds = 600;

const loginOf = ({ desired }: ApiParts): ProviderLogin => {
  const { consoleLogin } = desired.node();
  if (!consoleLogin)
    throw new Refusal(404, 'nobody else vouches for people here: the settings name no provider (mesh.weft.dev/console-oidc)');
  return consoleLogin;
};

const refused = (error: unknown, status: number): never => {
  throw error instanceof NoLogin ? new Refusal(status, error.message) : error;
};

/** The provider sends the browser here from another site, so this cookie goes along with such a navigation. */
const setState = (reply: FastifyReply, { names }: ApiParts, { state }: Pick<Begun, 'state'>, maxAge = cookieSeconds): void => {
  reply.setCookie(`${names().cookie}_oidc`, state, { httpOnly: true, sameSite: 'lax', path, maxAge });
};

/** Only to places of the console. */
const nextIn = (query: Query): string => {
  const next = textIn(query, 'next') ?? '/';
  return /^\/(?![/\\])[\w\-./?=&%~:,+@]*$/.test(next) ? next : '/';
};

const back = async (request: FastifyRequest, reply: FastifyReply, parts: ApiParts): Promise<FastifyReply> => {
  request.caller = undefined;
  const login = loginOf(parts);
  const shown = request.cookies[`${parts.names().cookie}_oidc`];
  setState(reply, parts, { state: '' }, 0);
  const came = new URL(request.originalUrl, parts.apiAddress());
  const { user, role, next } = await parts.access.oidc.finish({ login, came, shown }).catch((error: unknown) => refused(error, 401));
  const person = { user, role, how: 'oidc' } as const;
  request.caller = person;
  request.about = role;
  await enter(parts, person, reply);
  return reply.redirect(next, 303);
};

export const oidcRoutes: Routes = (server, parts) => {
  server.get<{ Querystring: Query }>('/login/oidc', { config: { role: 'anyone' } }, async ({ query, host }, reply) => {
    onlyThese(query, 'next');
    const asked = { login: loginOf(parts), redirect: `http://${host}${path}/callback`, next: nextIn(query) };
    const begun = await parts.access.oidc.begin(asked).catch((error: unknown) => refused(error, 502));
    setState(reply, parts, begun);
    return reply.redirect(begun.location, 303);
  });
  server.get('/login/oidc/callback', { config: { role: 'anyone', audit: 'login' } }, (request, reply) => back(request, reply, parts));
};
