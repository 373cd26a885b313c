/** Why a request failed, and what to change: from what the caller's proxy and the server's say of it, by the id that both saw. */
import type { AccessRecord, Refuser, Verdict } from '../records/record.ts';
import { type FlagName, flagOf, meaningOf, type Remedy, readFlags } from './flags.ts';
import { grpcStatus } from './grpc.ts';

/** Where the cause lies. */
export type Hop = 'caller' | 'between' | 'server proxy' | 'application' | 'policy';

export interface Diagnosis {
  readonly hop: Hop;
  readonly words: string;
  readonly flags: readonly { readonly flag: FlagName; readonly name: string; readonly words: string }[];
  readonly remedies: readonly Remedy[];
  /** In Envoy's words. */
  readonly details: string;
}

/** What Envoy's details add to a connection that could not be made or was lost. */
const hints: readonly (readonly [details: RegExp, words: string])[] = [
  [
    /CERTIFICATE_VERIFY_FAILED|SAN matcher|verify cert/i,
    'the other end’s certificate was not accepted: another identity than expected, or another trust domain',
  ],
  [/TLS_error|SSL/i, 'TLS failed: one end speaks mutual TLS and the other does not'],
  [/Connection_refused|connection_refused|delayed_connect_error:_111/i, 'nobody listens on that port'],
  [/No_route_to_host|Network_is_unreachable|_113|_101/i, 'there is no way to that address'],
  [/connection_timeout|connect.timeout/i, 'the connection could not be made in time'],
];

const hintOf = (details: string): string => {
  const hint = hints.find(([pattern]) => pattern.test(details));
  return hint ? `; ${hint[1]}` : '';
};

/** Flags that say what happened on the way; those behind them only add to it. */
const causesFirst: readonly FlagName[] = ['UF', 'UC', 'UR', 'UPE', 'UO', 'UH', 'UT', 'NC', 'NR', 'DF', 'UAEX'];

const chief = (flags: readonly FlagName[]): FlagName | undefined => causesFirst.find((flag) => flags.includes(flag)) ?? flags[0];

/** At the caller's end: what its own configuration decides, without anybody being asked. */
const local = new Set<FlagName>([
  'NR',
  'NC',
  'UH',
  'UO',
  'DF',
  'FI',
  'DI',
  'RL',
  'RLSE',
  'IH',
  'DPE',
  'DC',
  'DR',
  'OM',
  'NFCF',
  'LR',
  'LH',
]);

const hopOf = (flag: FlagName, end: 'caller' | 'server'): Hop => {
  if (end === 'server') return local.has(flag) && flag !== 'UO' ? 'server proxy' : 'application';
  return local.has(flag) ? 'caller' : 'between';
};

const byFlags = ({ flags: text, details }: AccessRecord, end: 'caller' | 'server'): Diagnosis | undefined => {
  const flags = readFlags(text);
  const flag = chief(flags);
  if (!flag) return undefined;
  const { words, remedies } = meaningOf(flag, end);
  return {
    hop: hopOf(flag, end),
    words: words + hintOf(details),
    flags: flags.map((one) => ({ flag: one, name: flagOf(one).name, words: meaningOf(one, end).words })),
    remedies,
    details,
  };
};

const byTls: readonly Remedy[] = [
  { kind: 'PeerAuthentication', field: 'spec.mtls.mode' },
  { kind: 'DestinationRule', field: 'spec.trafficPolicy.tls' },
];

const refusers: Readonly<Record<Refuser, { readonly words: string; readonly remedies: readonly Remedy[] }>> = {
  policy: { words: 'refused by policy', remedies: [{ kind: 'AuthorizationPolicy', field: 'spec.rules' }] },
  authorizer: { words: 'refused by the external authorizer', remedies: [{ kind: 'AuthorizationPolicy', field: 'spec.provider.name' }] },
  token: { words: 'refused for its token', remedies: [{ kind: 'RequestAuthentication', field: 'spec.jwtRules' }] },
  listener: {
    words: 'no way in is for such a connection: plaintext where mutual TLS is demanded, or a server name that nobody has',
    remedies: byTls,
  },
  handshake: {
    words: 'the handshake failed',
    remedies: byTls,
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

const refusalWords = ({ rule, by }: Extract<Verdict, { readonly kind: 'denied' }>, details: string): string => {
  const { words } = refusers[by];
  if (by === 'handshake') return handshakes.find(([pattern]) => pattern.test(details))?.[1] ?? words;
  if (by !== 'policy') return words;
  return `${words}: ${rule ? `rule ${rule.rule} of AuthorizationPolicy ${rule.namespace}/${rule.name}` : 'no ALLOW rule matched'}`;
};

const byRefusal = ({ verdict, details }: AccessRecord): Diagnosis | undefined => {
  if (verdict.kind !== 'denied') return undefined;
  const { remedies } = refusers[verdict.by];
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

/** The application answered so itself: the mesh only passed it on. */
const byApplication = ({ request, details }: AccessRecord): Diagnosis | undefined => {
  if (!request) return undefined;
  const grpc = request.grpcStatus === '' ? undefined : grpcStatus(request.grpcStatus);
  const failed = grpc ? grpc.code > 0 : request.status >= 400;
  if (!failed) return undefined;
  const answer = grpc && grpc.code > 0 ? `${grpc.name} (${grpc.words})` : `status ${request.status}`;
  return {
    hop: 'application',
    words: `the application itself answered ${answer}`,
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

/** The server's proxy stands nearer to what went wrong; where it saw nothing, the request was lost before. @returns undefined where nothing did */
export const diagnose = ({ caller, server }: Seen): Diagnosis | undefined => {
  const ofCaller = caller && (byRefusal(caller) ?? byDenial(caller) ?? byFlags(caller, 'caller') ?? byApplication(caller));
  const ofServer = server && (byRefusal(server) ?? byFlags(server, 'server') ?? byApplication(server));
  return server && isLeft(server) ? (ofCaller ?? ofServer) : (ofServer ?? ofCaller);
};
