/** The way to the provider that the mesh's settings name, and back. */
import type { FastifyReply } from 'fastify';
import { type Begun, NoLogin } from '../access/oidc.ts';
import type { ProviderLogin } from '../access/provider.ts';
import { noteRefusal } from './audited.ts';
import { originAt } from './guard.ts';
import { enter, isByTls } from './login.ts';
import { leadToLogin } from './oidc-refusal.ts';
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

/** Programs read why; people are led to where they can begin again, and read it there. */
const refused = async (error: unknown, reply: FastifyReply, parts: ApiParts): Promise<FastifyReply> => {
  if (!(error instanceof Refusal)) throw error;
  const { request } = reply;
  if (!request.headers.accept?.includes('text/html')) throw error;
  await noteRefusal(request, parts, error.message);
  return leadToLogin(reply, parts, { reason: error.message, next: nextIn(request.query as Query) });
};

const orRefusal =
  (status: number) =>
  (error: unknown): never => {
    throw error instanceof NoLogin ? new Refusal(status, error.message) : error;
  };

/** The provider sends the browser here from another site, so this cookie goes along with such a navigation. */
const setState = (reply: FastifyReply, parts: ApiParts, { state }: Pick<Begun, 'state'>, maxAge = cookieSeconds): void => {
  const secure = isByTls(reply.request, parts);
  reply.setCookie(`${parts.names().cookie}_oidc`, state, { httpOnly: true, sameSite: 'lax', path, secure, maxAge });
};

/** Only to places of the console. */
const nextIn = (query: Query): string => {
  const next = textIn(query, 'next') ?? '/';
  return /^\/(?![/\\])[!-~]*$/.test(next) ? next : '/';
};

const begin = async (reply: FastifyReply, parts: ApiParts): Promise<FastifyReply> => {
  const { query, host } = reply.request;
  onlyThese(query as Query, 'next');
  const origin = originAt(parts.names(), host.toLowerCase()) ?? parts.apiAddress();
  const asked = { login: loginOf(parts), redirect: `${origin}${path}/callback`, next: nextIn(query as Query) };
  const begun = await parts.access.oidc.begin(asked).catch(orRefusal(502));
  setState(reply, parts, begun);
  return reply.redirect(begun.location, 303);
};

const back = async (reply: FastifyReply, parts: ApiParts): Promise<FastifyReply> => {
  const { request } = reply;
  request.caller = undefined;
  const login = loginOf(parts);
  const shown = request.cookies[`${parts.names().cookie}_oidc`];
  setState(reply, parts, { state: '' }, 0);
  const came = new URL(request.originalUrl, parts.apiAddress());
  const { user, role, next } = await parts.access.oidc.finish({ login, came, shown }).catch(orRefusal(401));
  const person = { user, role, how: 'oidc' } as const;
  request.caller = person;
  request.about = role;
  await enter(parts, person, reply);
  return reply.redirect(next, 303);
};

export const oidcRoutes: Routes = (server, parts) => {
  server.get('/login/oidc', { config: { role: 'anyone' } }, (_, reply) =>
    begin(reply, parts).catch((error: unknown) => refused(error, reply, parts)),
  );
  server.get('/login/oidc/callback', { config: { role: 'anyone', audit: 'login' } }, (_, reply) =>
    back(reply, parts).catch((error: unknown) => refused(error, reply, parts)),
  );
};
