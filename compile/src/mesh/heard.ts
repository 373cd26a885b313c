/** What a Sidecar's listeners hear: services that it imports, at ports that it may speak otherwise [S21, S23]. */
import type { Entry } from './entry.ts';
import { isHttp } from './service.ts';
import type { SidecarPort } from './sidecar.ts';
import type { EgressScope, OutboundSlice, ScopedService } from './view.ts';

export const readsHttp = ({ protocol }: SidecarPort): boolean => isHttp(protocol) || protocol === 'auto';

/** The listener's port says what its services speak there. */
export const atPort = (entries: readonly Entry[], port: SidecarPort): readonly Entry[] => {
  if (port.isProxy || port.number === 0) return entries;
  const chosen = entries.filter((entry) => entry.port.number === port.number);
  return chosen.map((entry) =>
    entry.port.protocol === port.protocol ? entry : { scoped: entry.scoped, port: { ...entry.port, protocol: port.protocol } },
  );
};

/** Of a listener without port: one for each port of its services; HTTP is read where one of them speaks it. */
export const portsOf = (entries: readonly Entry[]): readonly SidecarPort[] =>
  [...Map.groupBy(entries, ({ port }) => port.number)].map(([number, members]) => {
    const http = members.filter(({ port }) => isHttp(port.protocol)).length;
    const only = members[0]?.port.protocol ?? 'auto';
    return { number, protocol: http === members.length ? 'http' : http > 0 ? 'auto' : only, isProxy: false };
  });

const entriesOf = (services: readonly ScopedService[], isMeant: (number: number) => boolean): readonly Entry[] =>
  services.flatMap((scoped) =>
    scoped.service.ports.filter(({ protocol, number }) => protocol !== 'udp' && isMeant(number)).map((port) => ({ scoped, port })),
  );

/** What one port of the services means to the clients of one listener. */
export interface Heard {
  readonly entries: readonly Entry[];
  readonly virtualHosts: OutboundSlice['virtualHosts'];
}

/** A captured connection meets, of a Sidecar's listeners, the first with that port, else the one without. */
export const heardAt = ({ services, virtualHosts, listeners }: OutboundSlice, number: number): Heard => {
  const atNumber = (all: readonly ScopedService[]) => entriesOf(all, (one) => one === number);
  if (!listeners) return { entries: atNumber(services), virtualHosts };
  const heard = listeners.find((listener) => listener.port?.number === number) ?? listeners.find((listener) => !listener.port);
  // One with an address of its own is met there and nowhere else.
  if (!heard || heard.bind !== undefined) return { entries: [], virtualHosts: new Map() };
  const entries = atNumber(heard.services);
  return { entries: heard.port ? atPort(entries, heard.port) : entries, virtualHosts: heard.virtualHosts };
};

/** A listener with an address of its own, or a Unix socket. */
export interface BoundScope extends Heard, Pick<EgressScope, 'bindToPort'> {
  readonly bind: string;
  readonly port: SidecarPort;
}

/** All of them, in their order: one for each port; what one has taken, those after it leave alone. */
export const boundScopes = ({ listeners = [] }: OutboundSlice): readonly BoundScope[] => {
  const taken = new Set<number>();
  return listeners.flatMap(({ bind, bindToPort, port, services, virtualHosts }) => {
    const free = entriesOf(services, (number) => port !== undefined || !taken.has(number));
    if (port && port.number !== 0) taken.add(port.number);
    if (bind === undefined) return [];
    if (port) {
      const entries = atPort(free, port);
      return entries.length === 0 ? [] : [{ bind, bindToPort, port, entries, virtualHosts }];
    }
    return portsOf(free).map((one) => ({
      ...{ bind, bindToPort, port: one, virtualHosts },
      entries: free.filter((entry) => entry.port.number === one.number),
    }));
  });
};
