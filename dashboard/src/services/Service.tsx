/** One service: how it does, who calls it, what decides about it. */
import { useParams } from '@tanstack/react-router';
import type { ObjectiveStatus } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { isGone } from '../api/get.ts';
import { AroundMoment, ChangesTable } from '../changes/AroundMoment.tsx';
import { useMarkers } from '../changes/changes.ts';
import { Page, Panel } from '../kit/parts.tsx';
import { useWord } from '../kit/search.ts';
import { Answer, Empty, Failed } from '../kit/states.tsx';
import { Tabs } from '../kit/Tabs.tsx';
import { useSetSearch, useSpan } from '../shell/time.ts';
import { useSignals } from '../signals/ask.ts';
import { useExemplars } from '../signals/exemplars.ts';
import { Reasons } from '../signals/Reasons.tsx';
import { LimitsChart, ResourceCharts } from '../signals/Saturation.tsx';
import { BreakDownTools, Signals } from '../signals/Signals.tsx';
import { recordsOf, useService, whereOf } from './asked.ts';
import { Configuration } from './Configuration.tsx';
import { Headline } from './Headline.tsx';
import { MiniMap } from './MiniMap.tsx';
import { Neighbours } from './Neighbours.tsx';
import type { Neighbourhood } from './neighbourhood.ts';
import { Objectives } from './Objectives.tsx';
import { Routes } from './Routes.tsx';
import { Rules } from './Rules.tsx';
import { type Named, objectivesOf } from './roster.ts';
import { Versions } from './Versions.tsx';

const tabs = [
  { id: 'signals', name: 'Signals' },
  { id: 'errors', name: 'Errors' },
  { id: 'slos', name: 'Objectives' },
  { id: 'routes', name: 'Routes' },
  { id: 'neighbours', name: 'Callers and called' },
  { id: 'versions', name: 'Versions' },
  { id: 'config', name: 'Configuration' },
  { id: 'changes', name: 'Changes' },
] as const;

const About = ({ namespace, name }: Named) => {
  const named = { namespace, name };
  const chosen = useWord('tab') || 'signals';
  const set = useSetSearch();
  const where = whereOf(named);
  const details = useService(named);
  const signals = useSignals('service', { where });
  const slos = useAsk<{ items: readonly ObjectiveStatus[] }>({ path: '/slos', topics: ['alerts', 'resources'] });
  const { from, to } = useSpan();
  const lately = { from, to, namespace, service: name };
  const markers = useMarkers(lately);
  const points = useExemplars(name, namespace);
  const [own] = signals.data?.items ?? [];
  const { objects = [], workloads = [], host } = details.data ?? {};
  const around: Neighbourhood = {
    ...{ namespace, workloads },
    isCalled: ({ callee }) => callee.namespace === namespace && callee.name === name,
  };
  const parts: Readonly<Record<string, React.ReactNode>> = {
    signals: (
      <>
        <BreakDownTools />
        <Signals {...{ where, seenBy: 'callers', markers, points, records: recordsOf(named) }} />
        <div className="charts">
          {host && <LimitsChart host={host} markers={markers} />}
          {workloads.length > 0 && <ResourceCharts {...{ namespace, workloads: workloads.map((one) => one.name), markers }} />}
        </div>
      </>
    ),
    errors: (
      <Panel title="Why requests failed">
        <Reasons {...{ reasons: own?.reasons ?? [], requests: own?.requests ?? 0, end: 'caller', objects, records: recordsOf(named) }} />
      </Panel>
    ),
    slos: <Objectives service={named} objectives={objectivesOf(slos.data?.items ?? [], named)} />,
    routes: (
      <>
        <Routes {...{ where, objects }} />
        <Rules namespace={namespace} objects={objects} />
      </>
    ),
    neighbours: <Neighbours {...around} />,
    versions: <Versions {...{ where, markers }} />,
    config: <Configuration objects={objects} />,
    changes: (
      <Panel title="Changes">
        <ChangesTable name="Changes" around={lately} />
      </Panel>
    ),
  };
  if (signals.data && own === undefined && isGone(details.error))
    return (
      <Empty>
        No service is called {namespace}/{name} now, and nobody called it in this time.
      </Empty>
    );
  return (
    <>
      {details.isError && details.data === undefined && own === undefined && <Failed error={details.error} />}
      {details.isError && own !== undefined && (
        <Empty>No object declares this service; what is seen here is what callers told of it.</Empty>
      )}
      <Panel title="Now">
        <Answer of={signals} loading="Looking how it does">
          {({ items: [now] }) => (
            <>
              <Headline service={details.data} signals={now} records={recordsOf(named)} />
              <MiniMap service={named} around={around} />
            </>
          )}
        </Answer>
      </Panel>
      <AroundMoment namespace={namespace} service={name} />
      <Tabs name="About this service" tabs={tabs} chosen={chosen} onChoose={(tab) => set({ tab })}>
        {parts[chosen] ?? parts['signals']}
      </Tabs>
    </>
  );
};

export const Service = () => {
  const { namespace = '', name = '' } = useParams({ strict: false }) as { namespace?: string; name?: string };
  return (
    <Page title={`${namespace}/${name}`} command={`npx weft stat service/${name} -n ${namespace}`} call={`/services/${namespace}/${name}`}>
      <About key={`${namespace}/${name}`} namespace={namespace} name={name} />
    </Page>
  );
};
