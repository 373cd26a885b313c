/** What failed on an edge, in words, and the object that is responsible: asked of the last request that failed. */
import type { SignalsAnswer } from '@weft/model';
import type { StoredRecord, Why } from '@weft/signals';
import { useAsk } from '../api/ask.ts';
import { useMay } from '../api/session.ts';
import { count } from '../kit/words.ts';
import { useSpan } from '../shell/time.ts';
import { endsOf } from './EdgePanel.tsx';
import { ObjectLink, WorkloadLink } from './links.tsx';
import type { MapEdge } from './scene.ts';

/** Istio's labels of the edge. */
const conditionsOf = ({ parts }: MapEdge): readonly string[] => {
  const hosts = parts.map(({ callee }) => `destination_service=${callee.host}`);
  const callers = parts.map(({ caller }) => `source_workload=${caller.kind === 'outside' ? 'unknown' : caller.name}`);
  return [...new Set([...hosts, ...callers])];
};

export const Reasons = ({ edge }: { readonly edge: MapEdge }) => {
  const { from, to } = useSpan();
  const where = conditionsOf(edge).map((condition) => `where=${encodeURIComponent(condition)}`);
  const path = `/signals?${['of=edge', `from=${from}`, `to=${to}`, ...where].join('&')}`;
  const answer = useAsk<SignalsAnswer>({ path, topics: ['signals'], enabled: edge.failed > 0 });
  const reasons = (edge.failed > 0 ? (answer.data?.items ?? []) : [])
    .flatMap((item) => item.reasons)
    .toSorted((a, b) => b.requests - a.requests);
  if (reasons.length === 0) return undefined;
  return (
    <section>
      <h3>Why requests failed</h3>
      <ul>
        {reasons.map(({ flag, code, grpcStatus, words, requests }) => (
          <li key={`${flag} ${code} ${grpcStatus}`}>
            {count(requests)}: {words} <span className="soft">({[flag, grpcStatus ?? code].filter(Boolean).join(', ')})</span>
          </li>
        ))}
      </ul>
    </section>
  );
};

/** The last that failed, and why. */
const useWhy = (edge: MapEdge): Why | undefined => {
  const { from, to } = useSpan();
  const { caller, server } = endsOf(edge);
  const isAsked = useMay('operator') && edge.failed > 0 && server !== undefined;
  const records = useAsk<{ items: readonly StoredRecord[] }>({
    path: '/records',
    query: { from: caller, to: server, failed: true, since: from, until: to, limit: 1 },
    topics: ['topology'],
    enabled: isAsked,
  });
  const id = isAsked ? records.data?.items[0]?.record.request?.id : undefined;
  const why = useAsk<Why>({ path: `/why/${encodeURIComponent(id ?? '')}`, topics: ['resources'], enabled: id !== undefined && id !== '' });
  return id && why.data?.id === id ? why.data : undefined;
};

export const Blame = ({ edge }: { readonly edge: MapEdge }) => {
  const why = useWhy(edge);
  const cause = why?.cause === undefined ? undefined : why.hops[why.cause];
  if (edge.failed === 0 || !cause?.diagnosis) return undefined;
  const { words, remedies } = cause.diagnosis;
  const objects = [...(why?.refused?.rule ? [why.refused.rule] : []), ...remedies.flatMap(({ object }) => object ?? [])];
  const unique = [...new Map(objects.map((object) => [`${object.kind} ${object.namespace}/${object.name}`, object])).values()];
  return (
    <section className="note" data-tone="bad">
      <h3>Responsible</h3>
      <p>
        From {cause.from} to {cause.to}: {words}
      </p>
      <ul>
        {unique.map((object) => (
          <li key={`${object.kind} ${object.namespace}/${object.name}`}>
            <ObjectLink of={object} />
          </li>
        ))}
        {unique.length === 0 && cause.to.includes('/') && (
          <li>
            <WorkloadLink of={cause.to} />
          </li>
        )}
      </ul>
    </section>
  );
};
