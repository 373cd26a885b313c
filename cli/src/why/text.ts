/** The answer to "why?" as a person reads it: what happened in the first line, then the reason, then the way. */
import type { Verdict } from '@weft/model';
import {
  type AccessRecord,
  diagnose,
  type FlagTold,
  flagsTold,
  hopWords,
  type NamedRemedy,
  type Refused,
  type Why,
  type WhyHop,
} from '@weft/signals';
import { placeText, verdictTexts } from '../explain/text.ts';
import { printable } from '../output.ts';
import type { Terminal } from '../terminal.ts';

type Paint = Terminal['paint'];

type Line = readonly [label: string, text: string];

const labelWidth = 10;

const lines = (all: readonly Line[], paint: Paint): readonly string[] =>
  all.map(([label, text], index) => `   ${paint.dim((all[index - 1]?.[0] === label ? '' : label).padEnd(labelWidth))}${text}`);

const clock = (at: number): string => new Date(at).toISOString();

const asked = ({ request, destination, called }: AccessRecord): string => {
  if (!request) return `a connection to ${destination.address || `port ${called}`}`;
  return printable(`${request.method} ${request.host}${request.path}`);
};

const came = ({ request, duration, received, sent }: AccessRecord): string => {
  if (!request) return `${received} bytes in, ${sent} bytes out, ${duration} ms`;
  const grpc = request.grpcStatus === '' ? '' : `, gRPC status ${request.grpcStatus}`;
  return `${request.status}${grpc} after ${duration} ms`;
};

/** Whoever showed no certificate that was verified is nobody, whatever it says. */
const callerText = ({ source, side, refusal, mtls }: AccessRecord): string => {
  const proven = side === 'destination' && mtls ? source.principal : '';
  const claimed = refusal?.claimed ? `${printable(refusal.claimed)} (claimed, not verified)` : 'nobody known';
  const client = source.client === '' || source.address.startsWith(source.client) ? '' : `, for ${source.client}`;
  return `${proven || claimed}, from ${source.address || 'an unknown address'}${client}`;
};

const configurationText = ({ judgement: { configuration } }: Refused): string => {
  const { moment, changedSince, revision } = configuration;
  if (moment === 'now') return `revision ${revision}, as it is now: what was in force then is not known any more`;
  return `revision ${revision}, which was in force then${changedSince ? '; it was changed since' : ' and is now'}`;
};

const disagreement =
  'this configuration cannot have said so: it was another one that the proxy had, or something is asked about that no record holds; the proxy is right';

/** Reasons tell what the caller wrote. */
const harmless = ({ change, ...said }: Verdict): Verdict => ({
  ...said,
  why: printable(said.why),
  ...(said.amendments && { amendments: said.amendments.map((one) => ({ ...one, add: printable(one.add) })) }),
  ...(change !== undefined && { change: printable(change) }),
});

const refusedLines = (refused: Refused, paint: Paint): readonly Line[] => {
  const { record, rule, judgement, agrees } = refused;
  const { verdict } = record;
  const reason = verdict.kind === 'denied' ? verdict.reason : '';
  const said = judgement.hop?.verdict;
  return [
    ['caller', callerText(record)],
    ...(record.token ? [['token', printable(`of ${record.token.issuer}, for ${record.token.subject}`)] as const] : []),
    ['reason', reason === 'none' ? 'no rule of a policy allows it' : printable(reason)],
    ...(verdict.kind === 'denied' && verdict.by !== 'policy' ? [['because', diagnose({ server: record })?.words ?? ''] as const] : []),
    ...(rule ? [['rule', placeText(rule)] as const] : []),
    ...(agrees && said ? verdictTexts(harmless(said), paint).map((text) => ['policy', text] as const) : []),
    ...(agrees && !said && judgement.hop ? [['because', judgement.hop.outcome.why] as const] : []),
    ...(agrees || (verdict.kind === 'denied' && verdict.by === 'handshake') ? [] : [['policy', disagreement] as const]),
    ['judged by', configurationText(refused)],
  ];
};

const remedyText = ({ kind, field, object }: NamedRemedy): string => {
  if (!object) return `${kind}${field === '' ? '' : ` ${field}`} (there is none yet)`;
  return `${placeText({ ...object, path: '' })}${field === '' ? '' : `, ${field}`}`;
};

/** What was said before. */
interface Told {
  readonly isRefusal: boolean;
  /** The very change to a policy. */
  readonly proposed: boolean;
}

const flagLine = ({ flag, name, words, by }: FlagTold): Line => ['flag', `${flag} ${name} (${by}’s proxy): ${words}`];

/** Why somebody was refused was said before; what went wrong by itself has its flags. */
const diagnosisLines = ({ diagnosis, now }: WhyHop, { isRefusal, proposed }: Told): readonly Line[] => {
  if (!diagnosis) return [];
  const { hop, words, flags, remedies, details } = diagnosis;
  const changes = remedies.map((remedy): Line => ['change', remedyText(remedy)]);
  if (isRefusal) return proposed ? changes.filter((_, index) => remedies[index]?.kind !== 'AuthorizationPolicy') : changes;
  return [
    ['cause', `${words} (${hopWords[hop]})`],
    ...flags.map(flagLine),
    ...(details === '' ? [] : [['details', printable(details)] as const]),
    ...(now === undefined ? [] : [['now', now] as const]),
    ...changes,
  ];
};

const hopText = (hop: WhyHop, isCause: boolean, paint: Paint): string => {
  const one = hop.server ?? hop.caller;
  const name = printable(`${hop.from} → ${hop.to}`);
  return `   ${isCause ? paint.red(name) : name}  ${one ? `${asked(one)}, ${came(one)}` : ''}${isCause ? '  ← here' : ''}`;
};

const heading: Readonly<Record<Why['about'], string>> = { refusal: 'refused', failure: 'failed', success: 'nothing went wrong' };

/** A fault that only delayed it is worth a word. */
const flagsAside = (about: Why['about'], hops: readonly WhyHop[]): readonly Line[] =>
  about === 'success'
    ? hops.flatMap(({ caller, server }) => [caller, server].flatMap((one) => (one ? flagsTold(one) : []))).map(flagLine)
    : [];

export const whyText = ({ about, hops, cause, refused }: Why, { paint }: Terminal): string => {
  const at = cause === undefined ? hops[0] : hops[cause];
  const record = refused?.record ?? at?.server ?? at?.caller;
  const paints = about === 'success' ? paint.green : paint.red;
  const facts = refused ? refusedLines(refused, paint) : flagsAside(about, hops);
  const proposed = Boolean(refused?.agrees && refused.judgement.hop?.verdict?.amendments);
  const told = { isRefusal: refused !== undefined, proposed };
  return [
    `${paints(heading[about])}  ${at ? printable(`${at.from} → ${at.to}`) : ''}  ${record ? `${paint.bold(asked(record))} at ${clock(record.at)}` : ''}`,
    ...lines([...facts, ...(at ? diagnosisLines(at, told) : [])], paint),
    ...(hops.length > 1 ? ['', 'the way:', ...hops.map((hop, index) => hopText(hop, index === cause, paint))] : []),
  ].join('\n');
};
