/** Why a provider's way led to no login: told to the browser that went it, on the page where it can begin again. */
import type { NoSession } from '@weft/model';
import type { FastifyReply } from 'fastify';
import type { ApiParts } from './routes.ts';

const path = '/api/v1/session';
const seconds = 120;
/** Browsers keep 4 KiB of a cookie. */
const longest = 600;

const nameOf = ({ names }: Pick<ApiParts, 'names'>): string => `${names().cookie}_refused`;

/** Not in the address: a link must not put words into this console's mouth. */
export const leadToLogin = (reply: FastifyReply, parts: ApiParts, { reason, next }: { readonly reason: string; readonly next: string }) => {
  reply.setCookie(nameOf(parts), reason.slice(0, longest), { httpOnly: true, sameSite: 'lax', path, maxAge: seconds });
  return reply.redirect(`/login?next=${encodeURIComponent(next)}`, 303);
};

/** Stays for its two minutes: a page that is read again says it again. */
export const refusedIn = ({ request }: FastifyReply, parts: ApiParts): Pick<NoSession, 'refused'> => {
  const refused = request.cookies[nameOf(parts)];
  return refused ? { refused: refused.slice(0, longest) } : {};
};
