/** An edge: how much flows and how well, by whom and under which identity, what failed and whose fault it is. */
import type { MtlsReport, StoredRecord } from '@weft/signals';
import { useAsk } from '../api/ask.ts';
import { useMay } from '../api/session.ts';
import { Badge } from '../kit/parts.tsx';
import { duration, moment } from '../kit/words.ts';
import { useSetSearch, useShared, useSpan } from '../shell/time.ts';
import { type AnswersProps, Charts, Codes } from './Answers.tsx';
import { Blame, Reasons } from './Failures.tsx';
import { Flows } from './Flows.tsx';
import { ServiceLink, To } from './links.tsx';
import type { Shown } from './read.ts';
import { isPlain, type MapEdge, mtlsWords, titleOf } from './scene.ts';
import { healthTone } from './words.ts';

/** As records are asked for: `namespace/name`, or a host; undefined: whoever it was. */
export const endsOf = ({ parts }: MapEdge): { readonly caller?: string; readonly server?: string } => {
  const [first] = parts;
  if (!first) return {};
  const { caller, callee } = first;
  const oneCaller = parts.every((part) => part.caller.name === caller.name && part.caller.namespace === caller.namespace);
  const oneServer = parts.every((part) => part.callee.host === callee.host);
  return {
    ...(oneCaller && caller.kind !== 'outside' && { caller: `${caller.namespace}/${caller.name}` }),
    ...(oneServer && { server: callee.kind === 'service' ? `${callee.namespace}/${callee.name}` : callee.host }),
  };
};

const answersOf = ({ parts }: MapEdge): AnswersProps => ({
  where: {
    destination_service: [...new Set(parts.map(({ callee }) => callee.host))],
    source_workload: [...new Set(parts.map(({ caller }) => (caller.kind === 'outside' ? 'unknown' : caller.name)))],
  },
  // Whoever has no proxy told nobody what it was answered.
  seenBy: parts.some(({ caller }) => caller.kind === 'outside') ? 'servers' : 'callers',
});

const Latencies = ({ edge: { parts } }: { readonly edge: MapEdge }) => {
  // Of several no quantile is that of all.
  const latency = parts.length === 1 ? parts[0]?.latency : undefined;
  if (!latency) return undefined;
  const { mean, p50, p90, p95, p99 } = latency;
  return (
    <p>
      On average {duration(mean)}; half within {duration(p50)}, 90 % within {duration(p90)}, 95 % within {duration(p95)}, 99 % within{' '}
      {duration(p99)}.
    </p>
  );
};

/** Who they are, as the last request proved it. */
const Identity = ({ edge }: { readonly edge: MapEdge }) => {
  const { from, to } = useSpan();
  const isOperator = useMay('operator');
  const { caller, server } = endsOf(edge);
  const answer = useAsk<{ items: readonly StoredRecord[] }>({
    path: '/records',
    query: { from: caller, to: server, mtls: true, since: from, until: to, limit: 1 },
    topics: ['topology'],
    enabled: isOperator && server !== undefined && edge.mtls !== 'plaintext' && edge.mtls !== 'unknown',
  });
  const record = answer.data?.items[0]?.record;
  if (!record || edge.mtls === 'plaintext') return undefined;
  return (
    <dl className="map-identity">
      <dt>Caller's identity</dt>
      <dd className="mono">{record.source.principal || 'not proven'}</dd>
      <dt>Server's identity</dt>
      <dd className="mono">{record.destination.principal || 'not proven'}</dd>
    </dl>
  );
};

/** Who sends without mutual TLS: addresses, and whose pods have them. */
const Senders = ({ edge }: { readonly edge: MapEdge }) => {
  const { from, to } = useSpan();
  const { at } = useShared();
  const isAsked = useMay('operator') && isPlain(edge) && at === undefined;
  const answer = useAsk<MtlsReport>({ path: '/mtls', query: { windowMs: to - from }, topics: ['topology'], enabled: isAsked });
  if (!isPlain(edge)) return undefined;
  const servers = new Set(
    edge.parts.flatMap(({ callee }) => (callee.workload ? [`${callee.workload.namespace}/${callee.workload.name}`] : [])),
  );
  const clients = (isAsked ? (answer.data?.workloads ?? []) : [])
    .filter(({ namespace, workload }) => servers.has(`${namespace}/${workload}`))
    .flatMap(({ ports }) => ports.flatMap((port) => port.clients));
  return (
    <section className="note" data-tone="warn">
      <h3>Not mutual TLS</h3>
      <p>Whoever sends this is not proven, and what is sent can be read on the way.</p>
      {clients.length > 0 && (
        <ul>
          {clients.map(({ workload, address, count, last }) => (
            <li key={address}>
              {workload ?? 'nobody of this mesh'} from {address}: {count} times, last at {moment(last)}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
};

const Links = ({ edge }: { readonly edge: MapEdge }) => {
  const { caller, server } = endsOf(edge);
  const service = edge.parts.find(({ callee }) => callee.kind === 'service')?.callee;
  const key = service && `${service.namespace}/${service.name}`;
  return (
    <ul>
      {key && (
        <>
          <li>
            <ServiceLink of={key} />
          </li>
          <li>
            <To path="/traffic" search={{ service: key }}>
              its routes
            </To>
          </li>
        </>
      )}
      <li>
        <To path="/security/access" search={{ caller, server }}>
          records of this flow
        </To>
      </li>
      {edge.failed > 0 && (
        <li>
          <To path="/security/access" search={{ caller, server, outcome: 'failed' }}>
            records of what failed
          </To>
        </li>
      )}
      {isPlain(edge) && (
        <li>
          <To path="/security/access" search={{ server, protection: 'plaintext' }}>
            records of what came in plaintext
          </To>
        </li>
      )}
    </ul>
  );
};

const End = ({ id, title }: { readonly id: string; readonly title: string | undefined }) => {
  const set = useSetSearch();
  return (
    <button type="button" className="button" onClick={() => set({ sel: id })}>
      {title ?? id}
    </button>
  );
};

export const EdgePanel = ({ edge, shown }: { readonly edge: MapEdge; readonly shown: Shown }) => {
  const names = new Map(shown.scene.nodes.map((node) => [node.id, titleOf(node)]));
  return (
    <>
      <h2>
        {names.get(edge.from) ?? edge.from} → {names.get(edge.to) ?? edge.to}
      </h2>
      <div className="tools">
        {edge.protocol && <Badge>{edge.protocol}</Badge>}
        <Badge tone={healthTone(edge.health)}>{edge.health}</Badge>
        {edge.lastSeen === undefined && (
          <Badge tone={isPlain(edge) ? 'warn' : edge.mtls === 'mutual' ? 'good' : 'plain'}>{mtlsWords[edge.mtls]}</Badge>
        )}
      </div>
      {edge.lastSeen !== undefined ? (
        <p>Vanished: last seen at {moment(edge.lastSeen)}, and not in the time that is shown.</p>
      ) : (
        <Flows flow={edge} p95={edge.latency?.p95} />
      )}
      <Latencies edge={edge} />
      <Blame edge={edge} />
      <Reasons edge={edge} />
      {edge.requests > 0 && <Codes {...answersOf(edge)} />}
      {edge.requests > 0 && <Charts {...answersOf(edge)} />}
      <Senders edge={edge} />
      <Identity edge={edge} />
      <div className="tools">
        <End id={edge.from} title={names.get(edge.from)} /> → <End id={edge.to} title={names.get(edge.to)} />
      </div>
      <Links edge={edge} />
    </>
  );
};
