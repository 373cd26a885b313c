/** What a proxy told of its part of a trace, and the records of the same request. */
import { Link } from '@tanstack/react-router';
import type { Span } from '@weft/model';
import { flagOf, meaningOf, readFlags } from '@weft/signals';
import type { ReactNode } from 'react';
import { Badge, Panel } from '../kit/parts.tsx';
import { duration, moment } from '../kit/words.ts';

/** Envoy's own: the id that records have, too. */
const requestIdName = 'guid:x-request-id';

type Line = readonly [name: string, value: ReactNode];

const flagLines = ({ attributes, kind }: Span): readonly Line[] =>
  readFlags(attributes['response_flags'] ?? '').map((flag): Line => {
    const { words } = meaningOf(flag, kind === 'server' ? 'server' : 'caller');
    return [`Flag ${flag}`, `${flagOf(flag).name}: ${words}`];
  });

const linesOf = (span: Span, began: number): readonly Line[] => [
  ['Service', `${span.namespace}/${span.service}`],
  [
    'Workload',
    <Link key="workload" to={`/workloads/${encodeURIComponent(span.namespace)}/${encodeURIComponent(span.workload)}` as string}>
      {span.namespace}/{span.workload}
    </Link>,
  ],
  ['Pod', span.pod],
  ['Kind', span.kind],
  ['Began', `${moment(span.at)}, ${duration(span.at - began)} after the trace`],
  ['Took', duration(span.duration)],
  ...(span.message === undefined ? [] : [['Said', span.message] as const]),
  ...flagLines(span),
  ...Object.entries(span.attributes).toSorted(([a], [b]) => a.localeCompare(b)),
];

export const SpanDetails = ({ span, began }: { readonly span: Span; readonly began: number }) => {
  const request = span.attributes[requestIdName];
  return (
    <Panel
      title={`${span.service}: ${span.name}`}
      tools={
        <>
          {span.failed && <Badge tone="bad">failed</Badge>}
          {request && (
            <Link className="button" to={'/security/access' as string} search={{ request, ...around(span.at) } as never}>
              Its access records
            </Link>
          )}
        </>
      }
    >
      <dl className="facts">
        {linesOf(span, began).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {span.events.length > 0 && (
        <ul>
          {span.events.map(({ at, name, attributes }) => (
            <li key={`${at} ${name}`}>
              {duration(at - span.at)}: {name} <span className="soft">{JSON.stringify(attributes)}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
};

const besidesMs = 300_000;

/** The records of a request are of about the same time. */
const around = (at: number) => ({ from: Math.floor(at - besidesMs), to: Math.ceil(at + besidesMs), since: undefined, at: undefined });
