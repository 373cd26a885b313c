/** What every request passes first, and what every answer carries. */
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { Caller } from '../access/access.ts';
import { rateLimit } from '../rate.ts';
import type { Judge, NeededRole } from './guard.ts';
import { protectingHeaders } from './headers.ts';
import { type ApiParts, Refusal } from './routes.ts';
import { standingCalls } from './standing-calls.ts';

/** A page of the console asks for some dozens of things at once; nobody asks so much for long. */
const limits = { perSecond: 50, burst: 500 };

/** Also for what is not there: a stranger does not learn what is, and the console's document stands for no part of the API. */
const neededFor = ({ routeOptions: { url, config }, originalUrl }: FastifyRequest): NeededRole =>
  config.role === undefined || (url === '/*' && originalUrl.startsWith('/api/')) ? 'viewer' : config.role;

/** A route that nobody has said a role for is a mistake of ours, which is found at every start. */
const mustSayRoles = (server: FastifyInstance): void => {
  const routes: RouteOptions[] = [];
  server.addHook('onRoute', (route) => void routes.push(route));
  server.addHook('onReady', async () => {
    const silent = routes.find(({ config }) => !config?.role);
    if (silent) throw new Error(`the route ${String(silent.method)} ${silent.url} says no role`);
  });
};

/** Not in the log of who did what: it would be full of it. */
const refuseTooMuch = (request: FastifyRequest, reply: FastifyReply): never => {
  request.isNoted = true;
  reply.header('retry-after', '1');
  throw new Refusal(429, `${request.caller?.user} asks more than ${limits.perSecond} times a second: wait a moment`);
};

/** Lets in whom `judge` lets in. @returns those who are in for longer, for what is no request of the server's */
export const letIn = (server: FastifyInstance, judge: Judge, { access }: ApiParts): ReturnType<typeof standingCalls> => {
  const isAllowed = rateLimit({ ...limits, now: Date.now });
  const standing = standingCalls(access);
  const stay = (caller: Caller, { raw }: FastifyReply): void => {
    raw.once(
      'close',
      standing.add(caller, () => raw.destroy()),
    );
  };
  mustSayRoles(server);
  server.decorateRequest('caller', undefined);
  server.addHook('onRequest', async (request, reply) => {
    // Beneath the framework: some answers are written past it, as they go on.
    for (const [name, value] of Object.entries(protectingHeaders)) reply.raw.setHeader(name, value);
    const verdict = judge(request.raw, neededFor(request));
    request.caller = verdict.caller;
    if (!verdict.ok) throw new Refusal(verdict.status, verdict.reason);
    const { caller } = verdict;
    if (!caller || caller.how === 'socket') return;
    if (!isAllowed(`${caller.how} ${caller.user}`)) refuseTooMuch(request, reply);
    stay(caller, reply);
  });
  server.addHook('onClose', async () => standing.stop());
  return standing;
};
