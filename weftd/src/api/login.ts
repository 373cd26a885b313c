/** Logging in and out (shapes: `model/src/access.ts`). */
import type { LoginLink, LoginLinkRequest, LoginMethod, LoginRequest, NoSession, SessionStatus } from '@weft/model';
import { personRoles } from '@weft/model';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { type Caller, personOf } from '../access/access.ts';
import { longestSession, type Session } from '../access/sessions.ts';
import { rateLimit } from '../rate.ts';
import { originAt } from './guard.ts';
import { refusedIn } from './oidc-refusal.ts';
import { type ApiParts, Refusal, type Routes } from './routes.ts';

const secret = Type.String({ minLength: 1, maxLength: 200 });
const loginRequest = Type.Union([
  Type.Object({ ticket: secret }, { additionalProperties: false }),
  Type.Object({ token: secret }, { additionalProperties: false }),
]);

const linkRequest = Type.Object({ role: Type.Optional(Type.Enum([...personRoles])) }, { additionalProperties: false });

/** The console's files need no session, so that other servers of this host, whose cookies are not told apart by port, seldom see it. */
const cookiePath = '/api/v1';

const own: readonly LoginMethod[] = [
  { kind: 'link', title: 'Open a link that `weft dashboard` makes' },
  { kind: 'token', title: 'Enter a token, such as `weft token` tells' },
];

const methodsOf = ({ desired }: ApiParts): readonly LoginMethod[] => {
  const { consoleLogin } = desired.node();
  if (!consoleLogin) return own;
  const title = `Log in at ${new URL(consoleLogin.issuer).host}`;
  // What is wrong with it is not told to strangers: a finding says it.
  if (!consoleLogin.client) return [...own, { kind: 'oidc', title, fault: 'is not set up: an administrator sees why among the findings' }];
  return [...own, { kind: 'oidc', title, start: '/api/v1/login/oidc' }];
};

const statusOf = ({ user, role, how, session }: Caller, parts: ApiParts): SessionStatus => ({
  ...{ user, role, how },
  ...(session && { csrf: session.csrf, expires: session.expires }),
  methods: methodsOf(parts),
});

type Login = Pick<Session, 'user' | 'role' | 'how' | 'token'>;

/** Whose login it would be. */
const loginBy = ({ access }: ApiParts, request: LoginRequest): Login => {
  if ('ticket' in request) {
    const ticket = access.tickets.redeem(request.ticket);
    if (!ticket) throw new Refusal(401, 'this link was used, or its time is over: `weft dashboard` makes another');
    return { user: ticket.user, role: ticket.role, how: 'link' };
  }
  const caller = access.byToken(request.token);
  if (!caller) throw new Refusal(401, 'this token is not known');
  const person = personOf(caller);
  if (!person) throw new Refusal(403, `${caller.user} is for programs that read metrics: it opens no session`);
  return { ...person, how: 'token', token: caller.user };
};

/** Sent back over TLS only, where the browser came by TLS. */
export const isByTls = ({ host }: Pick<FastifyRequest, 'host'>, { names }: Pick<ApiParts, 'names'>): boolean =>
  originAt(names(), host.toLowerCase())?.startsWith('https:') ?? false;

const setCookie = (reply: FastifyReply, parts: ApiParts, value: string, maxAgeMs: number): void => {
  reply.setCookie(parts.names().cookie, value, {
    ...{ httpOnly: true, sameSite: 'strict', path: cookiePath, secure: isByTls(reply.request, parts) },
    maxAge: Math.floor(maxAgeMs / 1000),
  });
};

/** Who the browser was before is over with it: nobody keeps what nobody shows any more. */
export const enter = async (parts: ApiParts, login: Login, reply: FastifyReply): Promise<SessionStatus> => {
  const { sessions } = parts.access;
  const former = sessions.of(reply.request.cookies[parts.names().cookie] ?? '');
  const { secret: value, session } = await sessions.open(login);
  if (former) await sessions.end((_, proof) => proof === former.proof);
  setCookie(reply, parts, value, longestSession);
  return statusOf({ ...login, session }, parts);
};

const madeLink = ({ access, apiAddress, names }: ApiParts, { user }: Caller, { role = 'admin' }: LoginLinkRequest): LoginLink => {
  const { secret: value, ticket } = access.tickets.issue({ user, role });
  return { url: `${names().address ?? apiAddress()}/login#ticket=${value}`, role, expires: ticket.expires };
};

/** Secrets are too long to be guessed; so this is for the log's and the machine's sake, and who shows a good one is never kept waiting. */
const guesses = { perSecond: 10 / 60, burst: 10 };

export const loginRoutes: Routes = (server, parts) => {
  const mayFail = rateLimit({ ...guesses, now: Date.now });
  const attempt = <Result>(request: FastifyRequest, reply: FastifyReply, work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      if (mayFail(request.ip)) throw error;
      request.isNoted = true;
      reply.header('retry-after', String(1 / guesses.perSecond));
      throw new Refusal(429, 'too many logins failed: wait a moment');
    }
  };
  server.get('/session', { config: { role: 'anyone' } }, async ({ caller }, reply): Promise<SessionStatus | NoSession> => {
    if (caller) return statusOf(caller, parts);
    reply.code(401);
    return { error: 'nobody is logged in', ...refusedIn(reply, parts), methods: methodsOf(parts) };
  });
  server.post<{ Body: LoginRequest }>(
    '/login',
    { config: { role: 'anyone', audit: 'login' }, schema: { body: loginRequest } },
    async (request, reply) => {
      request.caller = undefined;
      const login = attempt(request, reply, () => loginBy(parts, request.body));
      request.caller = login;
      request.about = login.role;
      return enter(parts, login, reply);
    },
  );
  server.post('/logout', { config: { role: 'viewer', audit: 'logout' } }, async ({ caller }, reply) => {
    const { session } = caller ?? {};
    if (!session) throw new Refusal(400, 'only a browser’s session is ended so; a token is revoked');
    await parts.access.sessions.end((_, proof) => proof === session.proof);
    setCookie(reply, parts, '', 0);
    return {};
  });
  server.post<{ Body: LoginLinkRequest | null }>(
    '/login/links',
    { config: { role: 'admin', audit: 'make-link' }, schema: { body: linkRequest } },
    async (request) => {
      const { body, caller } = request;
      request.about = body?.role ?? 'admin';
      if (!caller) throw new Refusal(401, 'nobody is logged in');
      return madeLink(parts, caller, body ?? {});
    },
  );
};
