/** What the proxy at one end wrote down of a request or connection. */
import { type AccessRecord, flagsTold } from '@weft/signals';
import type { ReactNode } from 'react';
import { bytes, duration } from '../../kit/words.ts';
import { RuleLink, ServiceLink, TraceLink, WorkloadLink } from '../links.tsx';

type Line = readonly [name: string, value: ReactNode];

const present = (lines: readonly (Line | undefined | false | '')[]): readonly Line[] => lines.filter((line): line is Line => Boolean(line));

const said = (name: string, value: string | undefined): Line | undefined => (value ? [name, value] : undefined);

const requestLines = ({ request }: AccessRecord): readonly Line[] =>
  request
    ? present([
        ['Asked for', <code key="asked">{`${request.method} ${request.host}${request.path}`}</code>],
        ['Status', request.status || 'none: no answer came'],
        said('gRPC status', request.grpcStatus),
        said('Request id', request.id),
        request.trace !== '' && ['Trace', <TraceLink key="trace" trace={request.trace} />],
        said('Denial id', request.denial),
      ])
    : [];

const protectionOf = ({ mtls, tls }: AccessRecord): string => {
  if (!tls) return 'plaintext';
  return `${mtls ? 'mutual TLS' : 'TLS, without the caller’s certificate'}, ${tls.version} ${tls.cipher}`;
};

const linesOf = (record: AccessRecord): readonly Line[] => {
  const { source, destination, tls, verdict, audited, refusal, token, flags } = record;
  return present([
    ['Who', <WorkloadLink key="who" {...source} />],
    ['Identity', source.principal || (refusal?.claimed ? `${refusal.claimed} (claimed, not verified)` : 'nobody proved who it is')],
    said('From', source.address),
    source.client !== '' && !source.address.startsWith(source.client) && ['For the client', source.client],
    token && ['Token', `of ${token.issuer}, for ${token.subject}`],
    ['Whom', <WorkloadLink key="whom" {...destination} />],
    destination.service !== '' && ['Service', <ServiceLink key="service" host={destination.service} />],
    said('At', destination.address),
    ...requestLines(record),
    ['Protection', protectionOf(record)],
    said('Serial of the other end’s certificate', tls?.serial),
    said('Server name', tls?.serverName || refusal?.serverName),
    ['Verdict', verdict.kind === 'denied' ? `denied by ${verdict.by}: ${verdict.reason}` : 'allowed'],
    verdict.rule && ['Rule', <RuleLink key="rule" {...verdict.rule} />],
    audited && ['Audited', <RuleLink key="audited" {...audited} />],
    ...flagsTold(record).map(({ flag, name, words }): Line => [`Flag ${flag}`, `${name}: ${words}`]),
    flags === '' && ['Flags', 'none'],
    said('Details', record.details),
    said('Route', record.route),
    said('Cluster', record.upstreamCluster),
    ['Took', duration(record.duration)],
    ['Received, sent', `${bytes(record.received)}, ${bytes(record.sent)}`],
    ['Protocol', record.protocol || 'bytes'],
  ]);
};

export const Side = ({ record }: { readonly record: AccessRecord }) => (
  <dl className="facts">
    {linesOf(record).map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);
