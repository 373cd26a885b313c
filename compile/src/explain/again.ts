/** What came in at a proxy and is written down, asked again: by which policy, rule and condition it was decided. */
import type { CameIn, Hop, Request } from '@weft/model';
import type { RunningPod } from '../kubernetes/workload.ts';
import { scope } from '../scope/index.ts';
import type { Sender } from './arriving.ts';
import { expectedProxy, nobodysTokens, type Situation } from './journey.ts';
import { enteredGateway, enteredServer } from './judged.ts';
import { placesIn } from './places.ts';
import { withPlaces } from './rule-places.ts';

/** The proxy's own pod while it runs, or another one of its workload: they have the same policies. */
export const podAt = (pods: readonly RunningPod[], { namespace, workload, address }: CameIn['proxy']): RunningPod | undefined => {
  const alike = pods.filter(({ pod }) => pod.namespace === namespace && pod.workload.name === workload && pod.proxy !== 'none');
  return alike.find((pod) => pod.address === address || pod.ipv6 === address) ?? alike[0];
};

/** Of headers a record has none: only the client that proxies spoke of is known. */
const requestOf = ({ request, source, client, serverName, port, mtls }: CameIn): Request => {
  const headers = client !== '' && client !== source ? { 'x-forwarded-for': client } : {};
  if (request)
    return { host: request.host.replace(/:\d+$/, ''), authority: request.host, port, path: request.path, method: request.method, headers };
  return { host: serverName, port, protocol: !mtls && serverName !== '' ? 'tls' : 'tcp' };
};

const senderOf = ({ identity, source, mtls }: CameIn): Sender => ({
  ...(mtls && { identity }),
  ...(source !== '' && { address: source }),
});

/** As a client of a gateway says it: who it is there, only a certificate would prove. */
const atGateway = (cameIn: CameIn): Request => {
  const { client, serverName, mtls } = cameIn;
  const encrypted = serverName !== '' && cameIn.request !== undefined;
  return {
    ...requestOf(cameIn),
    ...(encrypted && { scheme: 'https' as const, host: serverName }),
    ...(mtls && { certificate: 'mesh' as const }),
    ...(client !== '' && { clientAddress: client }),
  };
};

/** @returns undefined where nobody knows of such a proxy */
export const enteredAgain = (situation: Situation, cameIn: CameIn): Hop | undefined => {
  const { mesh, pods, resources, tokens = nobodysTokens } = situation;
  const found = podAt(pods, cameIn.proxy);
  if (!found) return undefined;
  const { pod } = found;
  const view = scope(mesh, expectedProxy(found));
  const proxy = `${pod.namespace}/${pod.name}`;
  const incoming = { sender: senderOf(cameIn), powers: tokens, recorded: cameIn };
  const places = placesIn(resources);
  if (pod.proxy === 'gateway') {
    const { passage } = enteredGateway({ view, request: atGateway(cameIn) }, incoming);
    return { proxy, role: 'gateway', ...withPlaces(passage, places) };
  }
  const { port, mtls, serverName, request } = cameIn;
  const asked = requestOf(cameIn);
  const arrival = { port, request: asked, mtls, content: request ? ('http' as const) : (asked.protocol ?? 'tcp') };
  const passage = enteredServer({ view, arrival, address: cameIn.proxy.address || found.address, serverName }, incoming);
  return { proxy, role: 'server', ...withPlaces(passage, places) };
};
