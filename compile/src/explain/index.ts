/** View + request → what this proxy does with it, and why. Reads what `emit` reads, and speaks of it in the user's words. */
import type { View } from '../mesh/index.ts';
import { throughGateway } from './gateway.ts';
import type { Passage } from './hop.ts';
import { outbound } from './outbound.ts';
import type { Request } from './request.ts';

/** A client's sidecar, or a gateway. */
export const explain = (view: View, request: Request): Passage =>
  view.role === 'gateway' ? throughGateway(view, request) : outbound(view, request);

export type { ClusterStep, EndpointStep, Hop, Outcome, Passage } from './hop.ts';
export type { Request } from './request.ts';
export { answered, forwarded } from './rewrite.ts';
