/** View + request → what this proxy does with it, and why. Reads what `emit` reads, and speaks of it in the user's words. */
import type { Passage, Request } from '@weft/model';
import type { View } from '../mesh/index.ts';
import { throughGateway } from './gateway.ts';
import { outbound } from './outbound.ts';
import { isRead, objectionTo, readingOf, rewritesOf, tidied, withRewrites } from './reading.ts';

const through = (view: View, request: Request): Passage =>
  view.role === 'gateway' ? throughGateway(view, request) : outbound(view, request);

/** A client's sidecar, or a gateway. */
export const explain = (view: View, request: Request): Passage => {
  const reading = readingOf(view);
  const passage = through(view, tidied(request, reading));
  if (!isRead(passage)) return passage;
  const { listener, filterChain, tls } = passage;
  const objection = objectionTo(request, reading);
  if (objection)
    return { listener, filterChain, tls, virtualHost: '', route: '', clusters: [], timeout: 0, rewrites: {}, outcome: objection };
  return passage.clusters.length === 0 ? passage : withRewrites(passage, rewritesOf(request, reading));
};
