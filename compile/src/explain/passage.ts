/** View + request → what this proxy does with it, and why. Reads what `emit` reads, and speaks of it in the user's words. */
import type { Passage, Request } from '@weft/model';
import { pathsOfGateway, type View } from '../mesh/index.ts';
import { throughGateway } from './gateway.ts';
import { outbound } from './outbound.ts';
import { read } from './request.ts';

const through = (view: View, request: Request): Passage =>
  view.role === 'gateway' ? throughGateway(view, request) : outbound(view, request);

/** A client's sidecar, or a gateway. A path that is put right is told like one that is rewritten. */
export const explain = (view: View, request: Request): Passage => {
  const passage = through(view, request);
  const { path: sent = '/' } = request;
  const { pathname, search } = read(request, view.role === 'gateway' ? pathsOfGateway(view.gateway) : view.outbound.paths);
  const isHttp = passage.virtualHost !== '' && passage.clusters.length > 0;
  if (!isHttp || passage.rewrites.path !== undefined || pathname + search === sent) return passage;
  return { ...passage, rewrites: { path: pathname + search, ...passage.rewrites } };
};
