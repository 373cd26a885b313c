/** View + request → what this proxy does with it, and why. Reads what `emit` reads, and speaks of it in the user's words. */
import type { Claims, Passage, Request } from '@weft/model';
import type { View } from '../mesh/index.ts';
import { throughGateway } from './gateway.ts';
import { outbound } from './outbound.ts';
import { isRead, objectionTo, readingOf, rewritesOf, tidied, withRewrites } from './reading.ts';

/**
 * A client's sidecar, or a gateway.
 * @param claims of a token that the gateway has verified
 */
export const explain = (view: View, request: Request, claims?: Claims): Passage => {
  const reading = readingOf(view);
  const asked = tidied(request, reading);
  const passage = view.role === 'gateway' ? throughGateway(view, asked, claims) : outbound(view, asked);
  if (!isRead(passage)) return passage;
  const { listener, filterChain, tls } = passage;
  const objection = objectionTo(request, reading);
  if (objection)
    return { listener, filterChain, tls, virtualHost: '', route: '', clusters: [], timeout: 0, rewrites: {}, outcome: objection };
  return passage.clusters.length === 0 ? passage : withRewrites(passage, rewritesOf(request, reading));
};
