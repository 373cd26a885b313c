/** Every rule that leads traffic, in words, with the share that is really seen. */
import './traffic.css';
import { useSearch } from '@tanstack/react-router';
import {
  type DestinationRuleSpec,
  type GatewaySpec,
  ofKind,
  type Resource,
  refKey,
  refOf,
  type TrafficUse,
  type VirtualServiceSpec,
} from '@weft/model';
import { useMemo } from 'react';
import { at } from '../api/get.ts';
import { ObjectLink, useObjects } from '../config/objects.tsx';
import { FindInside } from '../kit/Find.tsx';
import { Page, Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { moment } from '../kit/words.ts';
import { useSetSearch, useShared } from '../shell/time.ts';
import { ConnectionRules } from './ConnectionRules.tsx';
import { type Live, liveOf, useTrafficUse } from './live.ts';
import { Rules } from './Rules.tsx';

const gateways: readonly Column<Resource<GatewaySpec>>[] = [
  { id: 'name', name: 'Gateway', value: (object) => object.metadata.name, cell: (object) => <ObjectLink of={refOf(object)} short /> },
  { id: 'namespace', name: 'Namespace', value: ({ metadata }) => metadata.namespace },
  {
    id: 'servers',
    name: 'Takes',
    value: ({ spec }) =>
      (spec.servers ?? [])
        .map(({ port, hosts }) => `${port?.protocol ?? ''} ${port?.number ?? ''} for ${(hosts ?? []).join(', ')}`)
        .join('; '),
  },
];

const breaker = ({ trafficPolicy }: DestinationRuleSpec): string => {
  const { outlierDetection: outliers, connectionPool: pool } = trafficPolicy ?? {};
  return [
    outliers && `out after ${outliers.consecutive5xxErrors ?? 5} errors in a row, for ${outliers.baseEjectionTime ?? '30s'}`,
    pool?.tcp?.maxConnections !== undefined && `${pool.tcp.maxConnections} connections`,
    pool?.http?.http1MaxPendingRequests !== undefined && `${pool.http.http1MaxPendingRequests} requests wait`,
  ]
    .filter(Boolean)
    .join('; ');
};

const destinations: readonly Column<Resource<DestinationRuleSpec>>[] = [
  {
    id: 'name',
    name: 'DestinationRule',
    value: (object) => object.metadata.name,
    cell: (object) => <ObjectLink of={refOf(object)} short />,
  },
  { id: 'namespace', name: 'Namespace', value: ({ metadata }) => metadata.namespace },
  { id: 'host', name: 'Host', value: ({ spec }) => spec.host },
  {
    id: 'subsets',
    name: 'Versions',
    value: ({ spec }) =>
      (spec.subsets ?? [])
        .map(
          ({ name, labels = {} }) =>
            `${name} (${Object.entries(labels)
              .map((pair) => pair.join('='))
              .join(', ')})`,
        )
        .join('; '),
  },
  { id: 'breaker', name: 'Circuit breaker', value: ({ spec }) => breaker(spec) },
];

interface ServiceProps {
  readonly service: Resource<VirtualServiceSpec>;
  readonly live: Live;
}

const Service = ({ service, live }: ServiceProps) => {
  const { hosts = [], gateways: through = ['mesh'] } = service.spec;
  const outer = through.filter((one) => one !== 'mesh');
  return (
    <Panel title={<ObjectLink of={refOf(service)} />}>
      <p>
        Leads what is for <strong>{hosts.join(', ') || 'whoever delegates to it'}</strong>{' '}
        <span className="soft">
          {[through.includes('mesh') && 'from inside of the mesh', outer.length > 0 && `through gateway ${outer.join(', ')}`]
            .filter(Boolean)
            .join(' and ')}
        </span>
      </p>
      {(service.spec.http?.length ?? 0) > 0 && <Rules {...{ service, live }} />}
      {(service.spec.tcp?.length ?? 0) + (service.spec.tls?.length ?? 0) > 0 && <ConnectionRules {...{ service, live }} />}
    </Panel>
  );
};

interface TrafficSearch {
  readonly find?: string;
  /** Only those of which a rule matched nothing. */
  readonly only?: 'unused';
}

const isUnused = ({ metadata }: Resource, { routes, connections }: TrafficUse): boolean => {
  const isOwn = ({ namespace, name }: { readonly namespace: string; readonly name: string }): boolean =>
    namespace === metadata.namespace && name === metadata.name;
  return routes.some((use) => isOwn(use) && use.requests === 0) || connections.some((use) => isOwn(use) && use.connections === 0);
};

const Filters = () => {
  const { only } = useSearch({ strict: false }) as TrafficSearch;
  const set = useSetSearch();
  return (
    <search className="row">
      <FindInside />
      <label className="row">
        <input
          type="checkbox"
          checked={only === 'unused'}
          onChange={({ target }) => set({ only: target.checked ? 'unused' : undefined })}
        />
        with rules that match nothing
      </label>
    </search>
  );
};

/** Since when is counted, where the span reaches further back. */
const Counted = ({ from, since }: Pick<TrafficUse, 'from' | 'since'>) => {
  if (since === undefined) return <p className="soft">Nothing was counted yet: rules have figures once something is recorded.</p>;
  return (
    <p className="soft">
      Counted is all that callers’ proxies and gateways led by each rule in this time{from < since ? `, since ${moment(since)}` : ''}: a
      rule without a name by its place in the list.
    </p>
  );
};

/** More are not drawn at once; the filter finds the others. */
const most = 50;

const Services = ({ services, use }: { readonly services: readonly Resource<VirtualServiceSpec>[]; readonly use: TrafficUse }) => {
  const { only } = useSearch({ strict: false }) as TrafficSearch;
  const live = useMemo(() => liveOf(use), [use]);
  const shown = only === 'unused' ? services.filter((service) => isUnused(service, use)) : services;
  if (shown.length === 0)
    return (
      <Empty>
        {services.length > 0
          ? 'Every rule matched something in this time.'
          : 'No VirtualService leads traffic here: it goes to each Service’s workloads evenly.'}
      </Empty>
    );
  return (
    <>
      <Counted {...use} />
      {shown.slice(0, most).map((service) => (
        <Service key={refKey(refOf(service))} {...{ service, live }} />
      ))}
      {shown.length > most && <p className="note">{shown.length - most} more: find them by a word, or choose a namespace.</p>}
    </>
  );
};

export const Traffic = () => {
  const objects = useObjects();
  const use = useTrafficUse();
  const { ns } = useShared();
  const { find = '', dsort, gsort } = useSearch({ strict: false }) as TrafficSearch & { dsort?: string; gsort?: string };
  const set = useSetSearch();
  const fits = ({ metadata, spec }: Resource): boolean =>
    (!ns || metadata.namespace === ns) &&
    `${metadata.namespace}/${metadata.name} ${JSON.stringify(spec)}`.toLowerCase().includes(find.toLowerCase());
  return (
    <Page
      title="Traffic"
      command="npx weft get virtualservices -A"
      call={at('/traffic', { from: use.data?.from, to: use.data?.to, namespace: ns })}
      tools={<Filters />}
    >
      <Answer of={objects} loading="Asking for rules">
        {({ items }) => {
          const all = items.map(({ resource }) => resource);
          return (
            <>
              <Answer of={use} loading="Looking what rules led">
                {(counted) => <Services services={ofKind(all, 'VirtualService').filter(fits)} use={counted} />}
              </Answer>
              <Panel title="Destinations">
                <Table
                  name="DestinationRules"
                  rows={ofKind(all, 'DestinationRule').filter(fits)}
                  columns={destinations}
                  keyOf={(object) => refKey(refOf(object))}
                  sort={dsort ?? 'name'}
                  onSort={(next) => set({ dsort: next })}
                  empty="No DestinationRule."
                />
              </Panel>
              <Panel title="Gateways">
                <Table
                  name="Gateways"
                  rows={ofKind(all, 'Gateway').filter(fits)}
                  columns={gateways}
                  keyOf={(object) => refKey(refOf(object))}
                  sort={gsort ?? 'name'}
                  onSort={(next) => set({ gsort: next })}
                  empty="No Gateway."
                />
              </Panel>
            </>
          );
        }}
      </Answer>
    </Page>
  );
};
