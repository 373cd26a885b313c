/** View + request → what this proxy does with it, and why. Reads what `emit` reads, and speaks of it in the user's words. */
import type { Passage, Request } from '@weft/model';
import type { View } from '../mesh/index.ts';
import { throughGateway } from './gateway.ts';
import { outbound } from './outbound.ts';

/** A client's sidecar, or a gateway. */
export const explain = (view: View, request: Request): Passage =>
  view.role === 'gateway' ? throughGateway(view, request) : outbound(view, request);
