/** Can STRICT be demanded in a namespace? What would change, and whom it would refuse. */
import type { StrictPlan as Plan, WorkloadMtls } from '@weft/signals';
import { useAsk } from '../api/ask.ts';
import { at } from '../api/get.ts';
import { Badge, Panel, type Tone } from '../kit/parts.tsx';
import { useWord } from '../kit/search.ts';
import { Answer } from '../kit/states.tsx';
import { count } from '../kit/words.ts';
import { useSetSearch } from '../shell/time.ts';

const verdicts: Readonly<Record<Plan['verdict'], readonly [tone: Tone, words: string]>> = {
  breaks: ['bad', 'It would refuse somebody who is served now.'],
  unproven: ['warn', 'Nobody who came would be refused, but at some port nobody came at all: that proves nothing.'],
  safe: ['good', 'All who came in this time came by mutual TLS, and would still be served.'],
};

const portsOf = (workloads: readonly WorkloadMtls[]): readonly string[] =>
  workloads.flatMap(({ namespace, workload, ports }) =>
    ports.filter(({ port }) => port !== undefined).map(({ port }) => `${namespace}/${workload}:${port}`),
  );

const refusedBy = (workloads: readonly WorkloadMtls[]): readonly string[] =>
  workloads.flatMap(({ namespace, workload, ports }) =>
    ports
      .filter(({ forecast }) => forecast === 'breaks')
      .flatMap(({ port, clients }) =>
        clients
          .filter(({ refused, adapts }) => !refused && !adapts)
          .map(
            ({ workload: who, address, count: times }) => `${who ?? address} (${count(times)} times) at ${namespace}/${workload}:${port}`,
          ),
      ),
  );

const List = ({ name, items }: { readonly name: string; readonly items: readonly string[] }) =>
  items.length === 0 ? null : (
    <div>
      <h3>{name}</h3>
      <ul>
        {items.map((item) => (
          <li key={item}>{item}</li>
        ))}
      </ul>
    </div>
  );

const Told = ({ plan }: { readonly plan: Plan }) => {
  const [tone, words] = verdicts[plan.verdict];
  const isThere = plan.changes.length === 0 && plan.exceptions.length === 0;
  return (
    <>
      <p>{isThere ? <Badge tone="good">STRICT is in force everywhere in {plan.namespace}.</Badge> : <Badge tone={tone}>{words}</Badge>}</p>
      <List name="Would be refused" items={refusedBy(plan.changes)} />
      <List name="Would become STRICT" items={portsOf(plan.changes)} />
      <List name="Would stay as they are, since an object of their own says so" items={portsOf(plan.exceptions)} />
      <List name="Would be found wrong" items={plan.findings.map(({ message }) => message)} />
      <details className="equivalent">
        <summary>The object that does it</summary>
        <pre>{JSON.stringify(plan.manifest, null, 2)}</pre>
      </details>
    </>
  );
};

export interface StrictPlanProps {
  readonly namespaces: readonly string[];
  readonly windowMs: number;
}

export const StrictPlan = ({ namespaces, windowMs }: StrictPlanProps) => {
  const chosen = useWord('strict');
  const set = useSetSearch();
  const path = `/mtls/strict/${encodeURIComponent(chosen)}`;
  const plan = useAsk<Plan>({ path: at(path, { windowMs }), topics: ['signals', 'resources'], enabled: chosen !== '' });
  return (
    <Panel
      title="Can STRICT be demanded?"
      tools={
        <label>
          <span className="visually-hidden">Namespace that would demand it</span>
          <select value={chosen} onChange={({ target }) => set({ strict: target.value || undefined })}>
            <option value="">choose a namespace</option>
            {namespaces.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      }
    >
      {chosen === '' ? (
        <p className="soft">What demanding mutual TLS would change is worked out beforehand, and held against who came.</p>
      ) : (
        <Answer of={plan} loading="Working it out">
          {(told) => <Told plan={told} />}
        </Answer>
      )}
    </Panel>
  );
};
