/** Joins `serveProxy` with this node: where weftd is, who may open the socket, where the state lies. */
import { filesOf, type Place } from '@weft/model';
import type { Logger } from 'pino';
import type { ProxyInput } from '../pod/proxy.ts';
import { serveProxy } from '../relay/serve.ts';
import type { Weftd } from './weftd.ts';

export interface PodProxyInput {
  readonly place: Place;
  readonly admin: Pick<Weftd, 'token' | 'trustBundle'>;
  readonly logger: Logger;
  readonly now: () => number;
  readonly random: () => number;
}

export const podProxies =
  ({ place, admin, logger, now, random }: PodProxyInput): ProxyInput['serve'] =>
  ({ pod, socket, state, user }) =>
    serveProxy({
      ...{ pod, admin, now, random },
      paths: { socket, state },
      ...(user !== undefined && { owner: { uid: user, gid: user } }),
      upstream: `unix:${filesOf(place).xdsSocket}`,
      logger: logger.child({ pod: `${pod.namespace}/${pod.name}` }),
    });
