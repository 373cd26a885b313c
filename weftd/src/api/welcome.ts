import type { FastifyRequest } from 'fastify';
import type { ApiParts } from './routes.ts';

/** Whether who began to read may go on: what has no end of its own ends with the session. */
export const welcomeOf = (
  { caller, cookies }: Pick<FastifyRequest, 'caller' | 'cookies'>,
  { access, names }: Pick<ApiParts, 'access' | 'names'>,
): (() => boolean) => {
  const secret = caller?.session && cookies[names().cookie];
  return () => secret === undefined || access.sessions.of(secret) !== undefined;
};
