/** All services, and how each does. */
import type { Finding, ObjectiveStatus, RegisteredService } from '@weft/model';
import { useMemo } from 'react';
import { useAsk } from '../api/ask.ts';
import { Find } from '../kit/Find.tsx';
import { Page, Panel } from '../kit/parts.tsx';
import { useWord } from '../kit/search.ts';
import { Answer } from '../kit/states.tsx';
import { Table } from '../kit/Table.tsx';
import { useSetSearch, useShared } from '../shell/time.ts';
import { useSeries, useSignals } from '../signals/ask.ts';
import { serviceColumns } from './columns.tsx';
import { keyOf, rosterOf } from './roster.ts';

const servedBy = ['destination_service_name', 'destination_service_namespace', 'destination_version', 'connection_security_policy'];

export const Services = () => {
  const { ns } = useShared();
  const [find, sort] = [useWord('find'), useWord('sort') || 'health'];
  const set = useSetSearch();
  const registered = useAsk<{ items: readonly RegisteredService[] }>({ path: '/services', topics: ['resources', 'workloads'] });
  const signals = useSignals('service');
  const served = useSeries('istio_requests_total', { by: servedBy, seenBy: 'servers' });
  const objectives = useAsk<{ items: readonly ObjectiveStatus[] }>({ path: '/slos', topics: ['alerts', 'resources'] });
  const findings = useAsk<{ items: readonly Finding[] }>({ path: '/findings', topics: ['findings'] });
  const rows = useMemo(() => {
    const all = rosterOf({
      registered: registered.data?.items ?? [],
      signals: signals.data?.items ?? [],
      served: served.data?.items ?? [],
      objectives: objectives.data?.items ?? [],
      findings: findings.data?.items ?? [],
    });
    return ns ? all.filter(({ namespace }) => namespace === ns) : all;
  }, [registered.data, signals.data, served.data, objectives.data, findings.data, ns]);
  return (
    <Page title="Services" tools={<Find />} command="npx weft stat service" call="/services, /signals?of=service">
      <Panel title="Services">
        <Answer of={registered} loading="Looking for services">
          {() => (
            <Table
              name="Services"
              rows={rows}
              columns={serviceColumns}
              keyOf={keyOf}
              sort={sort}
              onSort={(next) => set({ sort: next || undefined })}
              filter={find}
              empty={ns ? `No service in ${ns}.` : 'No service yet: a Kubernetes Service makes one.'}
            />
          )}
        </Answer>
      </Panel>
    </Page>
  );
};
