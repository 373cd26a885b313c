/**
 * A real Envoy with two doors to servers that tell what they saw: one that policies guard, and one that is open, by which the same
 * request shows what its server would have seen.
 */
import { connect, isIP, type Socket } from 'node:net';
import { connect as secure } from 'node:tls';
import { freePort } from '../port.ts';
import { type Answer, type Arrival, atGateway, atSidecar, backend, meshLike, valuesOf } from '../security/scene.ts';
import { httpGateway } from '../traffic/gateway.ts';
import type { Peer } from '../traffic/loopback.ts';
import { mayPass, type Rule, type Seen, type Spec } from './judge.ts';
import { type Call, http1Line, http2Line, type Line, type Protocol } from './line.ts';

export const doors = ['guarded', 'open'] as const;
export type Door = (typeof doors)[number];

export const courtNames = ['sidecar', 'gateway', 'sidecar as Istio', 'gateway as Istio'] as const;
export type CourtName = (typeof courtNames)[number];

export interface Court {
  readonly name: CourtName;
  readonly likeIstio: boolean;
  /** All that came in by the guarded door. */
  readonly arrivals: Arrival[];
  line(door: Door, protocol: Protocol, caller?: Peer): Line;
  /** A certificate that servers trust. */
  issue(uri: string): Promise<Peer>;
  /** What policies say of a request that arrived. */
  mayPass(arrival: Arrival): boolean;
  stop(): Promise<void>;
}

const besides = (openPort: number, { from, to = [{ operation: {} }], when }: Rule): Rule => ({
  ...(from && { from }),
  to: to.map(({ operation }) => ({ operation: { ...operation, notPorts: [String(openPort)] } })),
  ...(when && { when }),
});

/** The same for all ports but the open one. */
const manifestsOf = (policies: readonly Spec[], namespace: string, openPort: number) => {
  const open: Rule = { to: [{ operation: { ports: [String(openPort)] } }] };
  return policies.map(({ action, rules }, index) => ({
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: `policy-${index}`, namespace },
    spec: { action, rules: [...rules.map((rule) => besides(openPort, rule)), ...(action === 'ALLOW' ? [open] : [])] },
  }));
};

/** The scenes look for an answer before they begin. */
const ready = { to: [{ operation: { hosts: ['ready'] } }] };
const withReady = (policies: readonly Spec[]): readonly Spec[] =>
  policies.map((policy) => (policy.action === 'ALLOW' ? { ...policy, rules: [...policy.rules, ready] } : policy));

const alpn: Readonly<Record<Protocol, string>> = { 'HTTP/1.1': 'istio-http/1.1', 'HTTP/2': 'istio-h2' };

const dialled = (host: string, port: number, tls?: Peer & { readonly protocol: string }): Socket =>
  tls
    ? secure({ host, port, rejectUnauthorized: false, cert: tls.cert, key: tls.key, ALPNProtocols: [tls.protocol] })
    : connect(port, host);

const lineTo = (host: string, port: number, protocol: Protocol, caller?: Peer): Line => {
  const dial = () => dialled(host, port, caller && { ...caller, protocol: alpn[protocol] });
  return protocol === 'HTTP/2' ? http2Line(dial) : http1Line(dial);
};

/** What a server is told of its caller; Envoy puts its own word last. */
const peerOf = (arrival: Arrival): string | undefined => {
  const last = valuesOf(arrival, 'x-forwarded-client-cert').join().split(',').at(-1) ?? '';
  return /(?:^|;)URI=spiffe:\/\/([^;]*)/.exec(last)?.[1];
};

const self = '127.0.0.1';

/** Istio's sidecars believe whoever calls [S109]; what is no address is not believed by anybody. */
const clientOf = (arrival: Arrival, name: CourtName): string => {
  if (name !== 'sidecar as Istio') return self;
  const last = valuesOf(arrival, 'x-forwarded-for').join().split(',').at(-1)?.trim() ?? '';
  return isIP(last) === 0 ? self : last;
};

const seenBy = (arrival: Arrival, name: CourtName): Seen => {
  const peer = peerOf(arrival);
  return { arrival, address: self, client: clientOf(arrival, name), ...(peer !== undefined && { peer }) };
};

const service = async (port: number) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'open', namespace: 'shop' },
  spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: await freePort(), targetPort: port }] },
});

const openGateway = (port: number, twin: number) => {
  const metadata = { name: 'open', namespace: 'edge' };
  const route = [{ destination: { host: 'twin.example' } }];
  return [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'ServiceEntry',
      metadata,
      spec: {
        hosts: ['twin.example'],
        location: 'MESH_EXTERNAL',
        resolution: 'STATIC',
        ports: [{ number: 80, name: 'http', protocol: 'HTTP', targetPort: twin }],
        endpoints: [{ address: '127.0.0.1' }],
      },
    },
    httpGateway(metadata, port),
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata,
      spec: { hosts: ['*'], gateways: ['open'], http: [{ route }] },
    },
  ];
};

const nobody = (): never => {
  throw new Error('the gateway asks for no certificates');
};

export const openCourt = async (name: CourtName, written: readonly Spec[]): Promise<Court> => {
  const policies = withReady(written);
  const likeIstio = name.endsWith('Istio');
  const mesh = likeIstio ? [meshLike('istio')] : [];
  const mayPassHere = (arrival: Arrival) => mayPass(policies, seenBy(arrival, name), likeIstio ? 'istio' : 'strict');
  const twin = await backend();
  if (name.startsWith('sidecar')) {
    const place = await atSidecar([await service(twin.port), ...manifestsOf(policies, 'shop', twin.port), ...mesh]);
    return {
      name,
      likeIstio,
      arrivals: place.backend.arrivals,
      line: (door, protocol, caller) => lineTo('127.0.0.2', door === 'open' ? twin.port : place.port, protocol, caller),
      issue: place.issue,
      mayPass: mayPassHere,
      stop: async () => {
        await place.stop();
        twin.stop();
      },
    };
  }
  const openPort = await freePort();
  const place = await atGateway([...openGateway(openPort, twin.port), ...manifestsOf(policies, 'edge', openPort), ...mesh]);
  return {
    name,
    likeIstio,
    arrivals: place.backend.arrivals,
    line: (door, protocol) => lineTo('127.0.0.1', door === 'open' ? openPort : place.port, protocol),
    issue: nobody,
    mayPass: mayPassHere,
    stop: async () => {
      await place.stop();
      twin.stop();
    },
  };
};

export interface Verdict {
  readonly answer: Answer;
  /** What is wrong with it; absent: nothing. */
  readonly fault?: string;
}

/** HTTP/2 carries blanks around values that no server sees: what an ALLOW names it means as it stands. */
const isPadded = ({ headers = [] }: Call): boolean => headers.some(([, value]) => value !== value.trim());

/** By what the server saw where the request was served, by what it would have seen where policies refused it. */
export const judged = async (court: Court, call: Call, lines: Readonly<Record<Door, Line>>): Promise<Verdict> => {
  const answer = await lines.guarded.ask(call);
  if (answer.seen) return court.mayPass(answer.seen) ? { answer } : { answer, fault: `served: ${JSON.stringify(answer.seen)}` };
  if (answer.status !== 403) return { answer };
  const { seen } = await lines.open.ask(call);
  return seen && court.mayPass(seen) && !isPadded(call) ? { answer, fault: `refused: ${JSON.stringify(seen)}` } : { answer };
};
