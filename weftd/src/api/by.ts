import type { AuditAuthor } from '@weft/model';
import type { FastifyRequest } from 'fastify';

export const authorOf = ({ caller, ip }: Pick<FastifyRequest, 'caller' | 'ip'>): AuditAuthor => {
  const address = ip ? { address: ip } : {};
  return caller ? { user: caller.user, role: caller.role, how: caller.how, ...address } : { user: 'unknown', how: 'link', ...address };
};

/** Who asks, for what is remembered with a change. */
export const by = (request: Pick<FastifyRequest, 'caller' | 'ip'>): { readonly by: AuditAuthor } => ({ by: authorOf(request) });
