/** An objective for a service, begun with what its past could keep, and then the way of any change. */
import { useNavigate, useParams } from '@tanstack/react-router';
import type { GoldenSignals, ObjectiveStatus } from '@weft/model';
import { availabilityProposal, latencyProposal } from '@weft/signals';
import { useAsk } from '../api/ask.ts';
import { Change } from '../config/change/Change.tsx';
import { useDraft } from '../config/change/draft.ts';
import { Figure, Page } from '../kit/parts.tsx';
import { useWord } from '../kit/search.ts';
import { Answer, Empty } from '../kit/states.tsx';
import { count, duration, percent } from '../kit/words.ts';
import { useSetSearch, useSpan } from '../shell/time.ts';
import { useSignals } from '../signals/ask.ts';
import { readAt, writtenAt } from '../traffic/manifest.ts';
import { whereOf } from './asked.ts';
import { keyOf, type Named } from './roster.ts';

type Kind = 'availability' | 'latency';

interface Proposal {
  /** Percent. */
  readonly target: number;
  readonly thresholdMs: number;
}

/** Without a past that could be kept what most begin with. */
const unknown: Proposal = { target: 99, thresholdMs: 250 };

const proposed = (kind: Kind, past: GoldenSignals | undefined): Proposal => {
  if (kind === 'latency') return (past?.latency && latencyProposal(past.latency)) ?? unknown;
  return { ...unknown, target: availabilityProposal(past?.failedShare ?? 1) ?? unknown.target };
};

/** One that no other has: an object of the same name would be changed instead. */
const freeName = (wanted: string, taken: readonly string[]): string => {
  let name = wanted;
  for (let count = 2; taken.includes(name); count += 1) name = `${wanted}-${count}`;
  return name;
};

interface Wanted {
  readonly kind: Kind;
  readonly taken: readonly string[];
}

const manifest = ({ namespace, name }: Named, { kind, taken }: Wanted, { target, thresholdMs }: Proposal): string =>
  `apiVersion: mesh.weft.dev/v1alpha1
kind: ServiceLevelObjective
metadata:
  name: ${freeName(`${name}-${kind === 'latency' ? 'fast' : 'available'}`, taken)}
  namespace: ${namespace}
spec:
  subject:
    service: ${name}
  indicator:
    ${kind === 'latency' ? `latency:\n      threshold: ${thresholdMs}ms` : 'availability: {}'}
  target: ${target}
  period:
    rolling: 28d
`;

const Past = ({ past }: { readonly past: GoldenSignals | undefined }) => {
  const { from, to } = useSpan();
  if (!past || past.requests === 0)
    return <Empty>Nobody called it in this time, so that nothing can be said of what it can keep: choose a longer time above.</Empty>;
  const fast = proposed('latency', past);
  return (
    <dl className="figures">
      <Figure name={`Requests in ${duration(to - from)}`}>{count(past.requests)}</Figure>
      <Figure name="Succeeded">{percent(1 - (past.failedShare ?? 0))}</Figure>
      <Figure name="p99">{duration(past.latency?.p99)}</Figure>
      <Figure name="Could be kept">
        {availabilityProposal(past.failedShare ?? 0) ?? '-'} % succeed; {fast.target} % within {duration(fast.thresholdMs)}
      </Figure>
    </dl>
  );
};

/** Of the target in the text: what the past would have left of its budget. */
const wouldLeave = (past: GoldenSignals | undefined, text: string): string => {
  const target = Number(readAt(text, ['spec', 'target']));
  const isLatency = readAt(text, ['spec', 'indicator', 'latency']) !== undefined;
  if (past?.failedShare === undefined || isLatency || !(target > 0 && target < 100)) return '';
  const left = 1 - (past.failedShare * 100) / (100 - target);
  return left < 0 ? 'The past would have broken it.' : `The past would have left ${percent(left)} of its budget.`;
};

const periods = ['7d', '28d', '30d', '90d'] as const;

interface FieldsProps {
  readonly text: string;
  readonly kind: Kind;
  readonly onKind: (kind: Kind) => void;
  readonly write: (path: readonly string[], value: unknown) => void;
}

const Fields = ({ text, kind, onKind, write }: FieldsProps) => {
  const rolling = String(readAt(text, ['spec', 'period', 'rolling']) ?? '');
  return (
    <>
      <label>
        What is good
        <select value={kind} onChange={({ target }) => onKind(target.value as Kind)}>
          <option value="availability">an answer without failure</option>
          <option value="latency">an answer in time</option>
        </select>
      </label>
      {kind === 'latency' && (
        <label>
          In time is within, ms
          <input
            type="number"
            min={1}
            value={Number.parseFloat(String(readAt(text, ['spec', 'indicator', 'latency', 'threshold']) ?? '')) || ''}
            onChange={({ target }) => target.value !== '' && write(['spec', 'indicator', 'latency', 'threshold'], `${target.value}ms`)}
          />
        </label>
      )}
      <label>
        Of all, percent
        <input
          type="number"
          min={1}
          max={99.999}
          step="any"
          value={String(readAt(text, ['spec', 'target']) ?? '')}
          onChange={({ target }) => target.value !== '' && write(['spec', 'target'], Number(target.value))}
        />
      </label>
      <label>
        Over the last
        <select value={rolling} onChange={({ target }) => write(['spec', 'period', 'rolling'], target.value)}>
          {[...new Set([...periods, rolling])].map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
    </>
  );
};

interface FormProps {
  readonly service: Named;
  readonly past: GoldenSignals | undefined;
  /** Names of objectives that there are in its namespace. */
  readonly taken: readonly string[];
  readonly kind: Kind;
  readonly onKind: (kind: Kind) => void;
}

/** Each kind has a draft of its own. */
const Form = ({ service, past, taken, kind, onKind }: FormProps) => {
  const beginning = manifest(service, { kind, taken }, proposed(kind, past));
  const draft = useDraft({ key: `new objective ${keyOf(service)} ${kind}`, now: { text: '', revision: 0 }, beginning });
  const navigate = useNavigate();
  const { text, setText } = draft;
  return (
    <Change
      draft={draft}
      onLeave={() => void navigate({ to: `/services/${service.namespace}/${service.name}` as string, search: { tab: 'slos' } as never })}
      form={
        <>
          <Past past={past} />
          <div className="conditions">
            <Fields {...{ text, kind, onKind }} write={(path, value) => setText((now) => writtenAt(now, path, value))} />
            <p className="soft">{wouldLeave(past, text)}</p>
          </div>
        </>
      }
    />
  );
};

export const NewObjective = () => {
  const { namespace = '', name = '' } = useParams({ strict: false }) as { namespace?: string; name?: string };
  const kind: Kind = useWord('good') === 'latency' ? 'latency' : 'availability';
  const set = useSetSearch();
  const signals = useSignals('service', { where: whereOf({ namespace, name }) });
  const slos = useAsk<{ items: readonly ObjectiveStatus[] }>({ path: '/slos', query: { namespace }, topics: ['resources'] });
  return (
    <Page
      title={`An objective for ${namespace}/${name}`}
      command="npx weft apply -f FILE"
      call={`/signals?of=service&where=destination_service_name=${name}`}
    >
      <Answer of={signals} loading="Looking at its past">
        {({ items: [past] }) => (
          <Answer of={slos} loading="Looking which objectives there are">
            {({ items }) => (
              <Form
                key={kind}
                {...{ service: { namespace, name }, past, kind, taken: items.map((one) => one.name) }}
                onKind={(good) => set({ good })}
              />
            )}
          </Answer>
        )}
      </Answer>
    </Page>
  );
};
