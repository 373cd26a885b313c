/** The control plane itself: what it sends and how fast, what is refused, what it and the proxies use. */

import { Link } from '@tanstack/react-router';
import type { GoldenSignals, ProxyStatus, Status } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { useMarkers } from '../changes/changes.ts';
import { Figure, Page, Panel } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { bytes, count } from '../kit/words.ts';
import { WorkloadLink } from '../security/links.tsx';
import { useSpan } from '../shell/time.ts';
import { useSignals } from '../signals/ask.ts';
import { ControlPlaneCharts } from './ControlPlaneCharts.tsx';

const Now = () => {
  const status = useAsk<Status>({ path: '/status', topics: ['status', 'workloads', 'resources'] });
  const proxies = useAsk<{ items: readonly ProxyStatus[] }>({ path: '/proxies', topics: ['proxies'] });
  return (
    <Panel title="Now">
      <Answer of={status} loading="Asking the control plane">
        {({ ready, version, revision, counts }) => {
          const items = proxies.data?.items ?? [];
          const refusing = items.filter(({ inStep, lastNack }) => !inStep && lastNack !== null).length;
          const away = items.filter(({ connected }) => !connected).length;
          return (
            <dl className="figures">
              <Figure name="Mesh" tone={ready ? 'good' : 'warn'}>
                {ready ? 'ready' : 'starting'}
              </Figure>
              <Figure name="Version">{version}</Figure>
              <Figure name="Revision">
                <Link to={`/history/${revision}` as string}>{revision}</Link>
              </Figure>
              <Figure name="Proxies">
                <Link to={'/workloads' as string}>{counts.proxies}</Link>
              </Figure>
              <Figure name="Not connected" tone={away > 0 ? 'bad' : 'plain'}>
                {away}
              </Figure>
              <Figure name="Refuse something" tone={refusing > 0 ? 'bad' : 'plain'}>
                {refusing}
              </Figure>
              <Figure name="Identities">{counts.identities}</Figure>
            </dl>
          );
        }}
      </Answer>
    </Panel>
  );
};

/** What an idle proxy uses is not what requests cost. */
const leastRate = 10;

const cpuPerThousand = ({ requestsPerSecond, saturation }: GoldenSignals): number | undefined =>
  saturation?.proxyCpu === undefined || requestsPerSecond < leastRate ? undefined : (saturation.proxyCpu * 1_000) / requestsPerSecond;

const columns: readonly Column<GoldenSignals>[] = [
  {
    ...{ id: 'workload', name: 'Workload' },
    value: ({ labels }) => `${labels['destination_workload_namespace']}/${labels['destination_workload']}`,
    cell: ({ labels }) => (
      <WorkloadLink namespace={labels['destination_workload_namespace'] ?? ''} workload={labels['destination_workload'] ?? ''} />
    ),
  },
  {
    ...{ id: 'memory', name: 'Proxy’s memory', number: true },
    value: ({ saturation }) => saturation?.proxyMemory,
    cell: ({ saturation }) => bytes(saturation?.proxyMemory),
  },
  {
    ...{ id: 'cpu', name: 'Proxy’s processors', number: true },
    value: ({ saturation }) => saturation?.proxyCpu,
    cell: ({ saturation }) => count(saturation?.proxyCpu),
  },
  { id: 'rate', name: 'Requests/s', number: true, value: (one) => one.requestsPerSecond, cell: (one) => count(one.requestsPerSecond) },
  {
    ...{ id: 'per', name: 'Processors for 1,000 requests/s', number: true },
    value: cpuPerThousand,
    cell: (one) => count(cpuPerThousand(one)),
  },
];

const Proxies = () => (
  <Panel title="What proxies use">
    <Answer of={useSignals('workload')} loading="Looking at the proxies">
      {({ items }) => (
        <Table
          {...{ name: 'What proxies use', columns, sort: '-memory' }}
          rows={items.filter(({ saturation }) => saturation?.proxyMemory !== undefined)}
          keyOf={({ labels }) => `${labels['destination_workload_namespace']}/${labels['destination_workload']}`}
          empty="No proxy runs."
        />
      )}
    </Answer>
  </Panel>
);

export const ControlPlanePage = () => {
  const { from, to } = useSpan();
  const markers = useMarkers({ from, to });
  return (
    <Page title="Control plane" command="npx weft status; npx weft ps; npx weft metrics" call="/series?metric=pilot_xds_pushes&by=type">
      <Now />
      <ControlPlaneCharts markers={markers} />
      <Proxies />
    </Page>
  );
};
