/** What a sidecar's application may call: one HTTP listener and route table for each port, TCP listeners by virtual address. */
import { blackHoleCluster, type Encoded, listenerName, outboundCapturePort, virtualHostName, virtualOutbound } from '@weft/envoy';
import {
  anyConnection,
  anywhere,
  type DestinationPolicy,
  type Entry,
  type Families,
  type OutboundSlice,
  ownAddresses,
  type ScopedService,
  type Service,
} from '../mesh/index.ts';
import { distinct } from './chain-match.ts';
import { waysOf } from './connections.ts';
import { type Told, tcpProxy } from './filters.ts';
import { contentOf, outboundListener } from './outbound-listener.ts';
import { joinedPart, type Part, partOf, remember, rememberPair, whileUsed } from './remember.ts';
import { telemetryKey, toldBy } from './telemetry.ts';
import { outsideCluster } from './virtual-hosts.ts';

const makeCapture = (outside: string, families: Families | undefined, told: Told): Encoded =>
  outboundListener(
    virtualOutbound,
    { addresses: anywhere(families), port: outboundCapturePort },
    {
      useOriginalDst: true,
      filterChains: [
        {
          name: 'virtualOutbound-trafficloop',
          filterChainMatch: { destinationPort: outboundCapturePort },
          filters: [tcpProxy(blackHoleCluster, told)],
        },
        { name: 'virtualOutbound-catchall-tcp', filters: [tcpProxy(outside, told)] },
      ],
    },
  );

const captures = whileUsed<Encoded>();

/** Hands over to the listener of the address dialled; what none has goes on, or nowhere [S6]. */
export const captureListener = (slice: OutboundSlice): Part => {
  const outside = outsideCluster(slice);
  const key = `${outside} ${slice.families ?? ''} ${telemetryKey(slice)}`;
  return partOf(captures(key, () => makeCapture(outside, slice.families, toldBy(slice))));
};

/** The route table of a sniffed service, which its own listeners use and nobody else [S7]. */
export const sniffedRoutes = ({ scoped, port }: Entry): string => virtualHostName(scoped.service.hostname, port.number);

const makeAddressListener = (entry: Entry, address: string, { paths, ...slice }: OutboundSlice): Encoded => {
  const { number, protocol } = entry.port;
  const name = listenerName(address, number);
  const http = protocol === 'auto' ? { routes: sniffedRoutes(entry), grpcWeb: false, dynamic: false, paths } : undefined;
  const told = toldBy(slice);
  const content = { http, bytes: distinct(waysOf(entry, anyConnection, told)), outside: outsideCluster(slice), told };
  return outboundListener(name, { addresses: [address], port: number }, contentOf(name, content));
};

const plain = rememberPair((_service: Service, _destination: DestinationPolicy) => new Map<string, Part>());
const routed = remember((_scoped: ScopedService) => new Map<string, Part>());

/** TCP, or whatever it turns out to be, at one address. HTTP routes are not in it: without other rules it outlives their changes. */
const addressListener = (entry: Entry, address: string, slice: OutboundSlice): Part => {
  const { scoped } = entry;
  const known = scoped.connections.size === 0 ? plain(scoped.service, scoped.destination) : routed(scoped);
  // A Sidecar's listener may give the port another protocol.
  const key = `${listenerName(address, entry.port.number)} ${entry.port.protocol} ${outsideCluster(slice)} ${slice.paths ?? ''} ${telemetryKey(slice)}`;
  const part = known.get(key) ?? [makeAddressListener(entry, address, slice)];
  known.set(key, part);
  return part;
};

/** All that are its own. */
export const addressListeners = (entry: Entry, slice: OutboundSlice): Part =>
  joinedPart(ownAddresses(entry, slice.endpoints).map((address) => addressListener(entry, address, slice)));
