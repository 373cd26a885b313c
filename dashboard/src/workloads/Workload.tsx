/** One workload: its instances and their proxies, what they have, say and do. */
import { useParams } from '@tanstack/react-router';
import type { ProxyStatus, WorkloadStatus } from '@weft/model';
import type { ReactNode } from 'react';
import { useAsk } from '../api/ask.ts';
import { AroundMoment, ChangesTable } from '../changes/AroundMoment.tsx';
import { useMarkers } from '../changes/changes.ts';
import { Badge, Figure, Page, Panel } from '../kit/parts.tsx';
import { useWord } from '../kit/search.ts';
import { Answer, Empty } from '../kit/states.tsx';
import { Tabs } from '../kit/Tabs.tsx';
import { bytes, count, duration, percent } from '../kit/words.ts';
import { Neighbours } from '../services/Neighbours.tsx';
import { useSetSearch, useSpan } from '../shell/time.ts';
import { useSignals } from '../signals/ask.ts';
import { HealthBadge } from '../signals/HealthBadge.tsx';
import { Reasons } from '../signals/Reasons.tsx';
import { Certificates } from './Certificates.tsx';
import { crewOf, type WorkloadRow } from './crew.ts';
import { EnvoyConfig } from './EnvoyConfig.tsx';
import { Instances } from './Instances.tsx';
import { Logs } from './Logs.tsx';
import { ProxyBadge } from './ProxyBadge.tsx';
import { ProxyMetrics } from './ProxyMetrics.tsx';
import { Restart } from './Restart.tsx';
import { WorkloadSignals } from './WorkloadSignals.tsx';

const tabs = [
  { id: 'instances', name: 'Instances' },
  { id: 'signals', name: 'Signals' },
  { id: 'errors', name: 'Errors' },
  { id: 'neighbours', name: 'Callers and called' },
  { id: 'config', name: 'Proxy configuration' },
  { id: 'logs', name: 'Logs' },
  { id: 'certificates', name: 'Certificates' },
  { id: 'metrics', name: 'Proxy metrics' },
  { id: 'changes', name: 'Changes' },
] as const;

const Headline = ({ row }: { readonly row: WorkloadRow }) => {
  const { signals, kind, desired, ready, restartNeeded, pods, proxies, health } = row;
  const { saturation } = signals ?? {};
  return (
    <Panel title="Now">
      <dl className="figures">
        <Figure name="Kind">{kind}</Figure>
        <Figure name="Ready" tone={ready < desired ? 'bad' : 'plain'}>
          {ready} of {desired}
        </Figure>
        <Figure name="Proxies">
          <ProxyBadge proxies={proxies} />
        </Figure>
        <Figure name="Health">
          <HealthBadge health={health} />
        </Figure>
        <Figure name="Requests">{count(signals?.requestsPerSecond)}/s</Figure>
        <Figure name="Success">{percent(signals?.failedShare === undefined ? undefined : 1 - signals.failedShare)}</Figure>
        <Figure name="p95">{duration(signals?.latency?.p95)}</Figure>
        <Figure name="Restarts">{pods.reduce((all, { restarts }) => all + restarts, 0)}</Figure>
        <Figure name="Memory, proxy’s">
          {bytes(saturation?.applicationMemory)}, {bytes(saturation?.proxyMemory)}
        </Figure>
      </dl>
      {restartNeeded && (
        <p>
          <Badge tone="warn">restart needed</Badge> It runs with another proxy than it would be started with now.
        </p>
      )}
    </Panel>
  );
};

const Parts = ({ row }: { readonly row: WorkloadRow }) => {
  const { namespace, name, pods, signals } = row;
  const chosen = useWord('tab') || 'instances';
  const set = useSetSearch();
  const { from, to } = useSpan();
  const around = { from, to, namespace };
  const markers = useMarkers(around);
  const parts: Readonly<Record<string, ReactNode>> = {
    instances: <Instances workload={row} />,
    signals: <WorkloadSignals {...{ namespace, name, markers }} />,
    errors: (
      <Panel title="Why requests failed">
        <Reasons
          {...{ reasons: signals?.reasons ?? [], requests: signals?.requests ?? 0, end: 'server', objects: [] }}
          records={{ server: `${namespace}/${name}` }}
        />
      </Panel>
    ),
    neighbours: (
      <Neighbours
        {...{ namespace, workloads: [row] }}
        isCalled={({ callee: { workload } }) => workload?.namespace === namespace && workload.name === name}
      />
    ),
    config: <EnvoyConfig pods={pods} />,
    logs: <Logs pods={pods} />,
    certificates: <Certificates pods={pods} />,
    metrics: <ProxyMetrics pods={pods} />,
    changes: (
      <Panel title={`Changes in ${namespace}`}>
        <ChangesTable name="Changes" around={around} />
      </Panel>
    ),
  };
  const forget = { find: undefined, by: undefined, resource: undefined, view: undefined };
  return (
    <>
      <Headline row={row} />
      <AroundMoment namespace={namespace} />
      <Tabs name="About this workload" tabs={tabs} chosen={chosen} onChoose={(tab) => set({ ...forget, tab })}>
        {parts[chosen] ?? parts['instances']}
      </Tabs>
    </>
  );
};

const About = ({ namespace, name }: { readonly namespace: string; readonly name: string }) => {
  const workloads = useAsk<{ items: readonly WorkloadStatus[] }>({ path: '/workloads', topics: ['workloads'] });
  const proxies = useAsk<{ items: readonly ProxyStatus[] }>({ path: '/proxies', topics: ['proxies'] });
  const signals = useSignals('workload', { where: { destination_workload: name, destination_workload_namespace: namespace } });
  return (
    <Answer of={workloads} loading="Looking for the workload">
      {({ items }) => {
        const own = items.filter((one) => one.namespace === namespace && one.name === name);
        const [row] = crewOf(own, proxies.data?.items ?? [], signals.data?.items ?? []);
        return row ? (
          <Parts row={row} />
        ) : (
          <Empty>
            No workload is called {namespace}/{name} now.
          </Empty>
        );
      }}
    </Answer>
  );
};

export const Workload = () => {
  const { namespace = '', name = '' } = useParams({ strict: false }) as { namespace?: string; name?: string };
  return (
    <Page
      title={`${namespace}/${name}`}
      tools={<Restart namespace={namespace} name={name} />}
      command={`npx weft stat deploy/${name} -n ${namespace}; npx weft proxies -n ${namespace}`}
      call="/workloads, /proxies, /proxies/:namespace/:pod/config?live=true"
    >
      <About key={`${namespace}/${name}`} namespace={namespace} name={name} />
    </Page>
  );
};
