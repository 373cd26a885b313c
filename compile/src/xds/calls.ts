/**
 * What an application's calls go through: listeners, route tables and virtual hosts. Made port by port, and each port's again only
 * if one of its services, or what it reads of the slice, is another.
 */
import { canBind, type Encoded, isCapturePort } from '@weft/envoy';
import {
  atPort,
  changedAt,
  type EgressScope,
  type Entry,
  isDirect,
  isHttp,
  type OutboundSlice,
  ownAddresses,
  portsOf,
  predecessor,
  readsHttp,
  type ScopedService,
} from '../mesh/index.ts';
import { byName, type Resources } from './by-name.ts';
import { type BoundPort, boundListener, boundRoutes, proxiedHosts } from './egress.ts';
import { addressListeners, captureListener, sniffedRoutes } from './outbound.ts';
import { portHosts, type RuleHosts } from './port-hosts.ts';
import { instead, type Part, partOf, remember, rememberEach, rememberTable, whileUsed } from './remember.ts';
import { catchAll, encodeTable, outsideCluster, serviceHost } from './virtual-hosts.ts';
import { type Wildcard, wildcardAt, wildcardListener } from './wildcard.ts';

type Services = readonly ScopedService[];
type Entries = readonly Entry[];

export interface Calls {
  readonly listeners: Resources;
  readonly tables: Resources;
  readonly hosts: Resources;
}

const entriesOfService: (scoped: ScopedService) => Entries = remember((scoped) =>
  scoped.service.ports.filter(({ protocol, number }) => protocol !== 'udp' && !isCapturePort(number)).map((port) => ({ scoped, port })),
);

const entriesOf: (services: Services) => Entries = remember((services) => services.flatMap(entriesOfService));

/** By port; what came of an earlier list's knows it. */
type Ports = ReadonlyMap<number, Entries>;

const inPorts = (entries: Entries): Ports => Map.groupBy(entries, ({ port }) => port.number);

const portsMade = new WeakMap<Services, Ports>();

/** The ports where services that have the same ports as before took the place of others. */
const mendedPorts = (before: Services, services: Services): Ports | undefined => {
  const earlier = portsMade.get(before);
  const at = changedAt(before, services);
  if (!earlier || !at) return undefined;
  const changed = new Map<number, Entry[]>();
  for (const index of at) {
    const [old, now] = [before[index], services[index]].map((scoped) => (scoped ? entriesOfService(scoped) : []));
    if (!old || !now || old.length !== now.length || old.some(({ port }, i) => port.number !== now[i]?.port.number)) return undefined;
    for (const [i, entry] of now.entries()) {
      const { number } = entry.port;
      const list = changed.get(number) ?? [...(earlier.get(number) ?? [])];
      list[list.indexOf(old[i] as Entry)] = entry;
      changed.set(number, list);
    }
  }
  return new Map([...earlier].map(([number, list]) => [number, instead(list, changed.get(number) ?? list)]));
};

const portsOfServices = (services: Services): Ports => {
  const known = portsMade.get(services);
  if (known) return known;
  const before = predecessor(services);
  const earlier = before && portsMade.get(before);
  const ports =
    (before && mendedPorts(before, services)) ??
    new Map([...inPorts(entriesOf(services))].map(([number, list]) => [number, instead(earlier?.get(number), list)]));
  portsMade.set(services, ports);
  return ports;
};

/** Of hosts that no service has on this port [S49]. */
const rulesAt = (port: number, { virtualHosts }: OutboundSlice): RuleHosts => virtualHosts.get(port) ?? noRules;
const noRules: RuleHosts = [];

const sniffedTables = rememberTable<ScopedService, Part>();

/** A sniffed service's table is its own: whatever comes to its address is meant for it. */
const sniffedTable = (entry: Entry): Part => {
  const name = sniffedRoutes(entry);
  return sniffedTables(entry.scoped)(name, () => [
    encodeTable({ name, hosts: [serviceHost(entry.scoped, entry.port, ['*'])], vhds: false }),
  ]);
};

const encodedTables = whileUsed<Encoded>();

const portTable = (port: number, vhds: boolean, outside: string): Part =>
  partOf(encodedTables(`${port} ${vhds} ${outside}`, () => encodeTable({ name: `${port}`, hosts: [catchAll(outside)], vhds })));

/** What one port's services are called through. */
interface PortCalls {
  readonly port: number;
  /** The listener that they share. */
  readonly wildcard: Part;
  readonly own: readonly Part[];
  readonly tables: readonly Part[];
  readonly hosts: readonly Part[];
}

const isSniffed = ({ port }: Entry): boolean => port.protocol === 'auto';
const mayBeHttp = ({ port }: Entry): boolean => isHttp(port.protocol) || port.protocol === 'auto';

const chosenOf = (chosen: (entry: Entry) => boolean) => {
  const of: (entries: Entries) => Entries = remember((entries) => {
    if (entries.every(chosen)) return entries;
    const before = predecessor(entries);
    return instead(before && of(before), entries.filter(chosen));
  });
  return of;
};

const httpOf = chosenOf(mayBeHttp);
const sniffedOf = chosenOf(isSniffed);
const directOf = chosenOf(isDirect);

/** Two slices are the same but for their services, endpoints and rules. */
const sameSurface = (a: OutboundSlice, b: OutboundSlice): boolean => {
  const [here, there] = [a, b].map(({ services: _, endpoints: __, virtualHosts: ___, ...surface }) => Object.entries(surface));
  return (
    here !== undefined &&
    here.length === there?.length &&
    here.every(([field, value], index) => field === there[index]?.[0] && value === there[index]?.[1])
  );
};

/** Only services that are called directly have listeners for each endpoint. */
const readsEndpoints = (before: OutboundSlice, now: OutboundSlice): ((entry: Entry) => boolean) => {
  if (!sameSurface(before, now)) return () => true;
  return before.endpoints === now.endpoints ? () => false : isDirect;
};

const ownListeners = rememberEach(addressListeners, readsEndpoints);

interface MadePort {
  readonly slice: OutboundSlice;
  readonly entries: Entries;
  readonly wildcard: Wildcard | undefined;
  readonly calls: PortCalls;
}

/** Whether what is read of the slice for services of a port is what it was. */
const isSameAt = ({ slice: before, entries, calls: { port } }: MadePort, slice: OutboundSlice): boolean =>
  before.virtualHosts.get(port) === slice.virtualHosts.get(port) &&
  sameSurface(before, slice) &&
  (before.endpoints === slice.endpoints || directOf(entries).length === 0);

/** Other rules for services whose listener goes by their names and addresses leave it as it is. */
const keepsWildcard = ({ entries: before, wildcard }: MadePort, entries: Entries): boolean =>
  changedAt(before, entries)?.every((index) => {
    const [old, now] = [before[index], entries[index]];
    return old && old.scoped.service === now?.scoped.service && !wildcard?.homeless.includes(old);
  }) === true;

const makePort = (port: number, entries: Entries, { slice, earlier }: Asked): MadePort => {
  const isKept = earlier && isSameAt(earlier, slice) && keepsWildcard(earlier, entries);
  const wildcard = isKept ? earlier.wildcard : wildcardAt(port, entries, slice);
  const hosts = wildcard?.http ? portHosts(port, httpOf(entries), rulesAt(port, slice)) : [];
  const sniffed = sniffedOf(entries).filter((entry) => ownAddresses(entry, slice.endpoints).length > 0);
  const calls = {
    port,
    wildcard: isKept ? earlier.calls.wildcard : wildcard ? partOf(wildcardListener(wildcard, slice)) : [],
    own: ownListeners(entries, slice),
    tables: [...(wildcard?.http ? [portTable(port, hosts.length > 0, outsideCluster(slice))] : []), ...sniffed.map(sniffedTable)],
    hosts,
  };
  return { slice, entries, wildcard, calls };
};

interface Asked {
  readonly slice: OutboundSlice;
  readonly earlier: MadePort | undefined;
}

const portsCalled = new WeakMap<Entries, MadePort>();

const callsAt = (port: number, entries: Entries, slice: OutboundSlice): PortCalls => {
  const known = portsCalled.get(entries);
  if (known && isSameAt(known, slice)) return known.calls;
  const before = predecessor(entries);
  const made = makePort(port, entries, { slice, earlier: known ?? (before && portsCalled.get(before)) });
  portsCalled.set(entries, made);
  return made.calls;
};

/** Rules for hosts that no service has work on port 80 [S49], whether a service has it or not. */
const withRulePort = (ports: Ports, { virtualHosts }: OutboundSlice): Ports =>
  virtualHosts.has(80) && !ports.has(80) ? new Map([...ports, [80, []]]) : ports;

interface Parts {
  readonly listeners: readonly Part[];
  readonly tables: readonly Part[];
  readonly hosts: readonly Part[];
}

const partsOf = (slice: OutboundSlice, ports: Ports): Parts => {
  const made = [...withRulePort(ports, slice)].sort(([a], [b]) => a - b).map(([port, entries]) => callsAt(port, entries, slice));
  return {
    listeners: [captureListener(slice), ...made.map(({ wildcard }) => wildcard), ...made.flatMap(({ own }) => own)],
    tables: made.flatMap(({ tables }) => tables),
    hosts: made.flatMap(({ hosts }) => hosts),
  };
};

const resourcesOf = ({ listeners, tables, hosts }: Parts): Calls => ({
  listeners: byName(listeners),
  tables: byName(tables),
  hosts: byName(hosts),
});

const partsMade = new WeakMap<Services, Parts>();

/** Listeners of a slice without a Sidecar's. */
const ordinaryCalls = (slice: OutboundSlice): Calls => {
  const { services } = slice;
  const before = predecessor(services);
  const earlier = partsMade.get(services) ?? (before && partsMade.get(before));
  const made = partsOf(slice, portsOfServices(services));
  const parts = {
    listeners: instead(earlier?.listeners, made.listeners),
    tables: instead(earlier?.tables, made.tables),
    hosts: instead(earlier?.hosts, made.hosts),
  };
  partsMade.set(services, parts);
  return resourcesOf(parts);
};

/** A socket of its own, with the routes of its own port. */
const boundCalls = (slice: OutboundSlice, { port, bind, bindToPort }: BoundPort, entries: Entries): Calls => {
  const hosts = port.isProxy || port.number === 0 ? [] : portHosts(port.number, entries, rulesAt(port.number, slice));
  const outside = outsideCluster(slice);
  const name = boundRoutes({ port, bind, bindToPort });
  const table = (): Part =>
    port.isProxy || port.number === 0
      ? [encodeTable({ name, hosts: [...proxiedHosts(entries), catchAll(outside)], vhds: false, withPorts: true })]
      : portTable(port.number, hosts.length > 0, outside);
  return {
    listeners: byName([[boundListener({ port, bind, bindToPort }, entries, slice)]]),
    tables: byName(readsHttp(port) ? [table()] : []),
    hosts: byName(readsHttp(port) ? hosts : []),
  };
};

const portsHeard = (slice: OutboundSlice, entries: Entries): Calls => resourcesOf(partsOf(slice, inPorts(entries)));

const scopeCalls = (slice: OutboundSlice, scope: EgressScope, taken: ReadonlySet<number>): readonly Calls[] => {
  const { port, bind, bindToPort, services, virtualHosts } = scope;
  const part: OutboundSlice = { ...slice, services, virtualHosts };
  const all = entriesOf(services);
  const entries = port ? atPort(all, port) : all.filter((entry) => !taken.has(entry.port.number));
  if (entries.length === 0 && (port || bind !== undefined)) return [];
  if (bind === undefined) {
    const heard = port ? new Map([...virtualHosts].filter(([number]) => number === port.number)) : virtualHosts;
    return [portsHeard({ ...part, virtualHosts: heard }, entries)];
  }
  const ports = port ? [port] : portsOf(entries);
  return ports
    .filter(({ number }) => canBind({ bind, bindToPort }, number))
    .map((one) =>
      boundCalls(part, { port: one, bind, bindToPort }, port ? entries : entries.filter((entry) => entry.port.number === one.number)),
    );
};

/** Listeners as a Sidecar has them: what one has taken, those after it leave alone [S21, S23]. */
const scopedCalls = (slice: OutboundSlice, scopes: readonly EgressScope[]): Calls => {
  const taken = new Set<number>();
  const parts = scopes.flatMap((scope) => {
    const made = scopeCalls(slice, scope, taken);
    if (scope.port && scope.port.number !== 0) taken.add(scope.port.number);
    return made;
  });
  const nobody = portsHeard({ ...slice, services: [], virtualHosts: new Map() }, []);
  const all = (pick: (part: Calls) => Resources): Resources => byName([nobody, ...parts].map((part) => [...pick(part).values()]));
  return { listeners: all(({ listeners }) => listeners), tables: all(({ tables }) => tables), hosts: all(({ hosts }) => hosts) };
};

export const callsOf: (slice: OutboundSlice) => Calls = remember((slice) =>
  slice.listeners ? scopedCalls(slice, slice.listeners) : ordinaryCalls(slice),
);
