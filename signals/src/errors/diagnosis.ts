/** Why a request failed, and what to change: from what the caller's proxy and the server's say of it, by the id that both saw. */
import type { AccessRecord, Refuser, Verdict } from '../records/record.ts';
import { isAmbiguous } from '../records/verdict.ts';
import { detailOf, tokenFault } from './details.ts';
import { type FlagName, flagOf, isSideEffect, meaningOf, type Remedy, readFlags } from './flags.ts';
import { grpcStatus } from './grpc.ts';

/** Where the cause lies; `client`: whoever asked, and no proxy. */
export type Hop = 'client' | 'caller' | 'between' | 'server proxy' | 'application' | 'policy';

/** Where it failed, after what failed. */
export const hopWords: Readonly<Record<Hop, string>> = {
  client: 'by whoever asked',
  caller: 'at the caller’s proxy',
  between: 'between the two proxies',
  'server proxy': 'at the server’s proxy',
  application: 'in the application',
  policy: 'by policy',
};

type End = 'caller' | 'server';

export interface FlagTold {
  readonly flag: FlagName;
  readonly name: string;
  readonly words: string;
  /** Whose proxy says so. */
  readonly by: End;
}

export interface Diagnosis {
  readonly hop: Hop;
  readonly words: string;
  /** Of both ends; those of the end that stands nearer come first. */
  readonly flags: readonly FlagTold[];
  readonly remedies: readonly Remedy[];
  /** In Envoy's words. */
  readonly details: string;
}

const byTls: readonly Remedy[] = [
  { kind: 'PeerAuthentication', field: 'spec.mtls.mode' },
  { kind: 'DestinationRule', field: 'spec.trafficPolicy.tls' },
];
const byPort: readonly Remedy[] = [
  { kind: 'Service', field: 'spec.ports[].targetPort' },
  { kind: 'ServiceEntry', field: 'spec.endpoints[].ports' },
];
const byAddress: readonly Remedy[] = [
  { kind: 'ServiceEntry', field: 'spec.endpoints[].address' },
  { kind: 'Service', field: 'spec.selector' },
];

interface Hint {
  readonly words: string;
  readonly remedies: readonly Remedy[];
}

/** What Envoy's details add to a connection that could not be made or was lost: then only what has to do with it is to be changed. */
const hints: readonly (readonly [details: RegExp, words: string, remedies: readonly Remedy[]])[] = [
  [
    /CERTIFICATE_VERIFY_FAILED|SAN matcher|verify cert/i,
    'the other end’s certificate was not accepted: another identity than expected, or another trust domain',
    byTls,
  ],
  [/TLS_error|SSL/i, 'TLS failed: one end speaks mutual TLS and the other does not', byTls],
  [/Connection_refused|connection_refused|delayed_connect_error:_111/i, 'nobody listens on that port', byPort],
  [/No_route_to_host|Network_is_unreachable|_113|_101/i, 'there is no way to that address', byAddress],
  [
    /connection_timeout|connect.timeout/i,
    'the connection could not be made in time',
    [{ kind: 'DestinationRule', field: 'spec.trafficPolicy.connectionPool.tcp.connectTimeout' }, ...byAddress],
  ],
];

const hintOf = (details: string): Hint | undefined => {
  const [, words, remedies] = hints.find(([pattern]) => pattern.test(details)) ?? [];
  return words && remedies ? { words, remedies } : undefined;
};

/** Flags that say what happened on the way; those behind them only add to it. */
const causesFirst: readonly FlagName[] = ['UF', 'UC', 'UR', 'UPE', 'UO', 'UH', 'UT', 'NC', 'NR', 'DF', 'UAEX'];

/** Whatever else a request went through is no reason why it failed. */
const chief = (flags: readonly FlagName[]): FlagName | undefined =>
  causesFirst.find((flag) => flags.includes(flag)) ?? flags.find((flag) => !isSideEffect(flag));

/** Of whoever asked, whichever proxy says so. */
const byClient = new Set<FlagName>(['DC', 'DR', 'DPE', 'IH']);

/** At the caller's end: what its own configuration decides, without anybody being asked. */
const local = new Set<FlagName>(['NR', 'NC', 'UH', 'UO', 'DF', 'FI', 'RL', 'RLSE', 'OM', 'NFCF', 'LR', 'LH']);

const hopOf = (flag: FlagName, end: End): Hop => {
  if (byClient.has(flag)) return 'client';
  if (end === 'server') return local.has(flag) && flag !== 'UO' ? 'server proxy' : 'application';
  return local.has(flag) ? 'caller' : 'between';
};

export const flagsTold = ({ flags, side }: AccessRecord): readonly FlagTold[] => {
  const by = side === 'source' ? 'caller' : 'server';
  return readFlags(flags).map((flag) => ({ flag, name: flagOf(flag).name, words: meaningOf(flag, by).words, by }));
};

const byFlags = (record: AccessRecord, end: End): Diagnosis | undefined => {
  const { details } = record;
  const flag = chief(readFlags(record.flags));
  if (!flag) return undefined;
  const { words, remedies } = meaningOf(flag, end);
  const hint = flag === 'UF' || flag === 'UC' ? hintOf(details) : undefined;
  const detail = flag === 'DPE' ? detailOf(details) : undefined;
  return {
    hop: hopOf(flag, end),
    words: detail?.words ?? (hint && !words.includes(hint.words) ? `${words}; ${hint.words}` : words),
    flags: flagsTold(record),
    remedies: hint?.remedies ?? remedies,
    details,
  };
};

/** The clusters and routes that stand for hosts in no registry (Istio's names). */
const isOutside = ({ route, upstreamCluster }: AccessRecord): boolean => route === 'block_all' || upstreamCluster === 'BlackHoleCluster';

/** Nothing that the caller's proxy knows has such a name or address, and it lets out nothing else. */
const byRegistry = (record: AccessRecord): Diagnosis | undefined =>
  isOutside(record)
    ? {
        hop: 'caller',
        words: 'the caller’s proxy knows no service of that name or address, and REGISTRY_ONLY lets out nothing else',
        flags: flagsTold(record),
        remedies: [
          { kind: 'Sidecar', field: 'spec.egress[].hosts' },
          { kind: 'ServiceEntry', field: 'spec.hosts', orMake: true },
          { kind: 'Sidecar', field: 'spec.outboundTrafficPolicy.mode' },
          { kind: 'MeshConfig', field: 'spec.outboundTrafficPolicy.mode' },
        ],
        details: record.details,
      }
    : undefined;

/** An answer of a proxy itself for which there is no flag. */
const byDetails = (record: AccessRecord): Diagnosis | undefined => {
  const { details, request } = record;
  const detail = request && request.status >= 400 ? detailOf(details) : undefined;
  return detail && { ...detail, flags: flagsTold(record), details };
};

const refusers: Readonly<Record<Refuser, { readonly words: string; readonly remedies: readonly Remedy[] }>> = {
  policy: { words: 'refused by policy', remedies: [{ kind: 'AuthorizationPolicy', field: 'spec.rules' }] },
  authorizer: {
    words: 'refused by the external authorizer',
    remedies: [
      { kind: 'AuthorizationPolicy', field: 'spec.provider.name' },
      { kind: 'MeshConfig', field: 'spec.extensionProviders' },
    ],
  },
  token: { words: 'refused for its token', remedies: [{ kind: 'RequestAuthentication', field: 'spec.jwtRules' }] },
  listener: {
    words: 'no way in is for such a connection: plaintext where mutual TLS is demanded, or a server name that nobody has',
    remedies: [{ kind: 'Gateway', field: 'spec.servers[].hosts' }, ...byTls],
  },
  handshake: {
    words: 'the handshake failed',
    remedies: [{ kind: 'Gateway', field: 'spec.servers[].tls' }, ...byTls],
  },
};

/** BoringSSL's reasons, of which some are the other end's word (`ALERT`). */
const handshakes: readonly (readonly [details: RegExp, words: string])[] = [
  [/ALERT/, 'the handshake failed: the caller did not accept this server’s certificate'],
  [/PEER_DID_NOT_RETURN_A_CERTIFICATE/, 'the handshake failed: the caller showed no certificate'],
  [
    /CERTIFICATE_VERIFY_FAILED|verify cert|SAN matcher/i,
    'the handshake failed: the caller’s certificate is expired, or of nobody known here',
  ],
];

const refusalWords = (verdict: Extract<Verdict, { readonly kind: 'denied' }>, details: string): string => {
  const { rule, by } = verdict;
  if (isAmbiguous(verdict)) return 'refused before any policy: servers read such a host or path in different ways';
  const { words } = refusers[by];
  if (by === 'handshake') return handshakes.find(([pattern]) => pattern.test(details))?.[1] ?? words;
  if (by === 'token') return tokenFault(details).words;
  if (by === 'authorizer' && details.startsWith('ext_authz_error')) return 'refused, since the external authorizer could not be asked';
  if (by !== 'policy') return words;
  return `${words}: ${rule ? `rule ${rule.rule} of AuthorizationPolicy ${rule.namespace}/${rule.name}` : 'no ALLOW rule matched'}`;
};

const byRefusal = ({ verdict, details }: AccessRecord): Diagnosis | undefined => {
  if (verdict.kind !== 'denied') return undefined;
  if (isAmbiguous(verdict)) return { hop: 'client', words: refusalWords(verdict, details), flags: [], remedies: [], details };
  const { remedies } = verdict.by === 'token' ? tokenFault(details) : refusers[verdict.by];
  return { hop: 'policy', words: refusalWords(verdict, details), flags: [], remedies, details };
};

/** Only the id came through: the proxy that refused it tells of it in a moment, or cannot any more. */
const byDenial = ({ request, details }: AccessRecord): Diagnosis | undefined =>
  request?.denial
    ? {
        hop: 'policy',
        words: 'refused by a policy of the server; its proxy has not told which',
        flags: [],
        remedies: refusers.policy.remedies,
        details,
      }
    : undefined;

/** The application answered so itself: the mesh only passed it on. Whether it was, or its proxy, only that proxy knows. */
const byApplication = ({ request, details, side }: AccessRecord): Diagnosis | undefined => {
  if (!request) return undefined;
  const grpc = request.grpcStatus === '' ? undefined : grpcStatus(request.grpcStatus);
  const failed = grpc ? grpc.code > 0 : request.status >= 400;
  if (!failed) return undefined;
  const answer = grpc && grpc.code > 0 ? `${grpc.name} (${grpc.words})` : `status ${request.status}`;
  return {
    hop: 'application',
    words: side === 'source' ? `the other end answered ${answer}` : `the application itself answered ${answer}`,
    flags: [],
    remedies: [{ kind: 'Deployment', field: '' }],
    details,
  };
};

export interface Seen {
  /** Absent where that proxy saw nothing, or is none of the mesh's. */
  readonly caller?: AccessRecord;
  readonly server?: AccessRecord;
}

/** What a server's proxy says when its caller gave up: why, only the caller's knows. */
const callerLeft = new Set<FlagName>(['DC', 'DR']);

const isLeft = ({ flags, verdict }: AccessRecord): boolean => {
  const flag = chief(readFlags(flags));
  return verdict.kind !== 'denied' && flag !== undefined && callerLeft.has(flag);
};

const ofOneEnd = (record: AccessRecord, end: End): Diagnosis | undefined =>
  byRefusal(record) ??
  (end === 'caller' ? (byDenial(record) ?? byRegistry(record)) : undefined) ??
  byFlags(record, end) ??
  byDetails(record) ??
  byApplication(record);

/** The server's proxy stands nearer to what went wrong; where it saw nothing, the request was lost before. @returns undefined where nothing did */
export const diagnose = ({ caller, server }: Seen): Diagnosis | undefined => {
  const ofCaller = caller && ofOneEnd(caller, 'caller');
  const ofServer = server && ofOneEnd(server, 'server');
  const found = server && isLeft(server) ? (ofCaller ?? ofServer) : (ofServer ?? ofCaller);
  const [nearer, other] = found === ofServer ? [server, caller] : [caller, server];
  return found && { ...found, flags: [nearer, other].flatMap((record) => (record ? flagsTold(record) : [])) };
};
