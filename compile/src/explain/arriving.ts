/** What policies are told of a request or a connection where it comes in: who calls, from where, and the request as it is read. */

import type { Passage, Request } from '@weft/model';
import {
  headersOfGateways,
  headersOfProxies,
  headersOfTracing,
  isAddress,
  isStranger,
  pathsOfGateway,
  pathsOfServer,
  type View,
} from '../mesh/index.ts';
import type { Facts } from './facts.ts';
import type { Arrival } from './inbound.ts';
import { seen, someAddress } from './own-headers.ts';
import { isRead, readingOf, readingOfServer, tidied, withoutUnderscores } from './reading.ts';
import { type Read, read } from './request.ts';

/** Who opened the connection. */
export interface Sender {
  /** `spiffe://…`; absent: nobody in the mesh. */
  readonly identity?: string;
  /** Absent: nobody knows where it is. */
  readonly address?: string;
  /** The proxy that opened the connection and speaks for it in a PROXY header; absent: nobody knows where that is. */
  readonly relay?: string;
}

const unbracketed = (text: string): string => text.replace(/^\[(.*)\]$/, '$1');

/** The n-th address from the right, if it is one. */
const forwardedFor = ({ headers }: Read, fromRight: number): string | undefined => {
  const said = (headers['x-forwarded-for'] ?? '').split(',').at(-fromRight)?.trim() ?? '';
  return isAddress(unbracketed(said)) ? unbracketed(said) : undefined;
};

const addresses = (source: string | undefined, client: string | undefined): Pick<Facts, 'source' | 'client'> => ({
  ...(source !== undefined && { source }),
  ...(client !== undefined && { client }),
});

/** Where the application's own sidecar takes it. */
export interface ServerDoor {
  readonly view: View;
  readonly arrival: Arrival;
  /** The address that was dialled. */
  readonly address: string;
  /** That the mesh's TLS asks for. */
  readonly serverName: string;
}

/** @param isHttp a chain reads requests from it */
export const atServer = ({ view, arrival, address, serverName }: ServerDoor, sender: Sender, isHttp: boolean): Facts => {
  const { port, mtls, content, request } = arrival;
  const { inbound } = view;
  const mode = inbound.ports.find((one) => one.port === port)?.mode ?? inbound.mode;
  const asRead = withoutUnderscores(read(tidied(request, readingOfServer(inbound)), pathsOfServer(inbound)), readingOfServer(inbound));
  const caller = { mesh: mtls, known: mode !== 'DISABLE' };
  const isBelieved = isHttp && !isStranger(inbound, caller);
  const identity = sender.identity ?? '';
  const vantage = {
    encrypted: mtls,
    unbelieved: [...headersOfProxies(inbound, caller), ...headersOfTracing(inbound)],
    certificates: 'APPEND_FORWARD' as const,
    ...(mtls && { certificate: `By=…;Hash=…;Subject="";URI=${identity}` }),
  };
  return {
    ...(mtls && { identity }),
    ...addresses(sender.address, (isBelieved ? forwardedFor(asRead, 1) : undefined) ?? sender.address),
    destination: address,
    port,
    serverName: (mtls ? serverName : content === 'tls' ? request.host : '').toLowerCase(),
    ...(isHttp && { request: seen(asRead, vantage) }),
  };
};

interface AtGateway {
  readonly sender: Sender;
  readonly passage: Passage;
}

/** A gateway believes the address that its trusted proxies say, and of certificates those that it verified. */
export const atGateway = (view: View, request: Request, { sender, passage }: AtGateway): Facts => {
  const { trust: { hops = 0, proxyProtocol, certificates = 'SANITIZE_SET' } = {} } = view.gateway;
  const asRead = read(tidied(request, readingOf(view)), pathsOfGateway(view.gateway));
  const encrypted = request.scheme === 'https' || request.protocol === 'tls';
  const isVerified = passage.tls.includes('MUTUAL') && request.certificate !== undefined;
  const isHttp = isRead(passage);
  const identity = request.certificate === 'mesh' ? (sender.identity ?? '') : '';
  const said = isHttp && hops > 0 ? forwardedFor(asRead, hops) : undefined;
  const client = said ?? sender.address;
  const vantage = {
    encrypted: passage.tls !== 'none',
    unbelieved: headersOfGateways(view.gateway),
    certificates,
    ...(isVerified && { certificate: `Hash=…;Cert="…";Subject="…";URI=${identity}` }),
    edge: { peer: sender.address ?? someAddress, client: client ?? someAddress, hops },
  };
  return {
    ...(isVerified && { identity }),
    ...addresses(proxyProtocol ? sender.relay : sender.address, client),
    ...(isHttp && hops > 0 && said === undefined && { unread: true as const }),
    ...(request.address !== undefined && { destination: request.address }),
    port: request.port,
    serverName: encrypted && !isAddress(request.host) ? request.host.toLowerCase() : '',
    ...(isHttp && { request: seen(asRead, vantage) }),
  };
};
