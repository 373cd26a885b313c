/** What the configuration makes of something that was recorded, at the proxy that recorded it: who decides, and where it goes. */
import type { CameIn, Passage, WrittenPlace } from '@weft/model';
import { scope } from '../scope/index.ts';
import { enteredAgain, podAt } from './again.ts';
import { expectedProxy, type Situation } from './journey.ts';
import { explain } from './passage.ts';

export interface Recorded extends CameIn {
  readonly side: 'source' | 'destination';
}

export interface Decision {
  readonly allowed: boolean;
  /** In words, and by which route to which clusters. */
  readonly outcome: string;
  readonly route: string;
  /** The route of which object it is; absent: of none. */
  readonly object?: WrittenPlace;
  /** With their shares, in percent. */
  readonly destinations: Readonly<Record<string, number>>;
}

const ofPassage = ({ outcome, verdict, route, virtualHost, clusters, object }: Passage): Decision => {
  const isAnswer = outcome.kind === 'direct' || outcome.kind === 'redirect' || outcome.kind === 'refused';
  return {
    allowed: verdict?.allowed ?? outcome.kind !== 'refused',
    outcome: isAnswer ? `${outcome.kind} ${outcome.status ?? ''}: ${outcome.why}` : outcome.kind,
    route: route === '' ? virtualHost : `${virtualHost}: ${route}`,
    ...(object && { object }),
    destinations: Object.fromEntries(clusters.map(({ name, percent }) => [name, percent])),
  };
};

/** Out of a caller's sidecar. */
const left = (situation: Situation, { proxy, port, request, serverName }: Recorded): Decision | undefined => {
  const caller = podAt(situation.pods, proxy);
  if (caller?.pod.proxy !== 'sidecar') return undefined;
  const view = scope(situation.mesh, expectedProxy(caller));
  const { host, path, method } = request ?? {};
  if (host === undefined) return undefined;
  const asked = {
    host: host.replace(/:\d+$/, '') || serverName,
    authority: host,
    port,
    ...(path !== undefined && { path }),
    ...(method && { method }),
  };
  return ofPassage(explain(view, asked));
};

/**
 * Headers and tokens are in no record: conditions on them count as unmet. Undefined: nobody knows such a proxy, or, of what a caller's proxy
 * recorded, it was no request.
 */
export const decisionOf = (situation: Situation, { side, ...recorded }: Recorded): Decision | undefined => {
  const { decided: _, ...cameIn } = recorded;
  if (side === 'source' && podAt(situation.pods, cameIn.proxy)?.pod.proxy !== 'gateway') return left(situation, { side, ...recorded });
  const hop = enteredAgain(situation, cameIn);
  return hop && ofPassage(hop);
};
