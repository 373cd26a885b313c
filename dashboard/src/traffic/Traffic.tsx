/** Every rule that leads traffic, in words, with the share that is really seen. */
import './traffic.css';
import { useSearch } from '@tanstack/react-router';
import { type DestinationRuleSpec, type GatewaySpec, ofKind, type Resource, refKey, refOf, type VirtualServiceSpec } from '@weft/model';
import { ObjectLink, useObjects } from '../config/objects.tsx';
import { Page, Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { useSetSearch, useShared } from '../shell/time.ts';
import { type Live, useLive } from './live.ts';
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
  readonly all: readonly Resource[];
  readonly live: Live;
}

const Connections = ({ spec }: { readonly spec: VirtualServiceSpec }) => {
  const count = (spec.tcp?.length ?? 0) + (spec.tls?.length ?? 0);
  return count > 0 ? <p className="soft">{count} more for connections that are not HTTP: see the object.</p> : null;
};

const Service = ({ service, all, live }: ServiceProps) => {
  const { hosts = [], gateways: through = ['mesh'] } = service.spec;
  return (
    <Panel title={<ObjectLink of={refOf(service)} />}>
      <p>
        Requests for <strong>{hosts.join(', ') || 'whoever delegates to it'}</strong>{' '}
        <span className="soft">{through.includes('mesh') ? 'from inside of the mesh' : ''}</span>{' '}
        <span className="soft">
          {through.some((one) => one !== 'mesh') ? `through gateway ${through.filter((one) => one !== 'mesh').join(', ')}` : ''}
        </span>
      </p>
      <Rules {...{ service, all, live }} />
      <Connections spec={service.spec} />
    </Panel>
  );
};

export const Traffic = () => {
  const objects = useObjects();
  const live = useLive();
  const { ns } = useShared();
  const { find = '' } = useSearch({ strict: false }) as { find?: string };
  const set = useSetSearch();
  const fits = ({ metadata, spec }: Resource): boolean =>
    (!ns || metadata.namespace === ns) &&
    `${metadata.namespace}/${metadata.name} ${JSON.stringify(spec)}`.toLowerCase().includes(find.toLowerCase());
  return (
    <Page
      title="Traffic"
      command="npx weft get virtualservices -A"
      call="/signals?of=version"
      tools={
        <label>
          <span className="visually-hidden">Find</span>
          <input type="search" placeholder="Find" value={find} onChange={({ target }) => set({ find: target.value || undefined })} />
        </label>
      }
    >
      <Answer of={objects} loading="Asking for rules">
        {({ items }) => {
          const all = items.map(({ resource }) => resource);
          const services = ofKind(all, 'VirtualService').filter(fits);
          return (
            <>
              {services.length === 0 && <Empty>No VirtualService leads traffic here: it goes to each Service’s workloads evenly.</Empty>}
              {services.map((service) => (
                <Service key={refKey(refOf(service))} {...{ service, all, live }} />
              ))}
              <p className="soft">Seen: of what these destinations got in the chosen time, whichever rule sent it.</p>
              <Panel title="Destinations">
                <Table
                  name="DestinationRules"
                  rows={ofKind(all, 'DestinationRule').filter(fits)}
                  columns={destinations}
                  keyOf={(object) => refKey(refOf(object))}
                  empty="No DestinationRule."
                />
              </Panel>
              <Panel title="Gateways">
                <Table
                  name="Gateways"
                  rows={ofKind(all, 'Gateway').filter(fits)}
                  columns={gateways}
                  keyOf={(object) => refKey(refOf(object))}
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
