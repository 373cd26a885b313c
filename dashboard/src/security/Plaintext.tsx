/** Who still sends plaintext, to whom, how much. */
import type { MtlsReport, PlainClient } from '@weft/signals';
import { Badge, Figure, Panel } from '../kit/parts.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { ago, count, percent } from '../kit/words.ts';
import { AllRecords, WorkloadLink } from './links.tsx';

interface PlainCall {
  readonly namespace: string;
  readonly workload: string;
  readonly port: number | undefined;
  readonly client: PlainClient;
}

const callsIn = ({ workloads }: MtlsReport): readonly PlainCall[] =>
  workloads.flatMap(({ namespace, workload, ports }) =>
    ports.flatMap(({ port, clients }) => clients.map((client) => ({ namespace, workload, port, client }))),
  );

const outcomeOf = ({ refused, adapts }: PlainClient): string => {
  if (refused) return 'refused';
  return adapts ? 'served; it has a proxy, and would come by mutual TLS if that were demanded' : 'served';
};

const columns: readonly Column<PlainCall>[] = [
  {
    id: 'client',
    name: 'Who sends',
    value: ({ client }) => client.workload ?? client.address,
    cell: ({ client }) => {
      const [namespace = '', workload = ''] = client.workload?.split('/') ?? [];
      return workload === '' ? client.address : <WorkloadLink namespace={namespace} workload={workload} />;
    },
  },
  { id: 'address', name: 'From', value: ({ client }) => client.address },
  {
    id: 'server',
    name: 'To',
    value: ({ namespace, workload }) => `${namespace}/${workload}`,
    cell: (row) => <WorkloadLink {...row} />,
  },
  { id: 'port', name: 'Port', number: true, value: ({ port }) => port },
  {
    id: 'count',
    name: 'Requests and connections',
    number: true,
    value: ({ client }) => client.count,
    cell: ({ namespace, workload, client }) => (
      <AllRecords search={{ server: `${namespace}/${workload}`, address: client.address, protection: 'plaintext' }}>
        {count(client.count)}
      </AllRecords>
    ),
  },
  { id: 'last', name: 'Last', value: ({ client }) => new Date(client.last).toISOString(), cell: ({ client }) => ago(client.last) },
  {
    id: 'outcome',
    name: 'Outcome',
    value: ({ client }) => outcomeOf(client),
    cell: ({ client }) => <Badge tone={client.refused ? 'plain' : 'warn'}>{outcomeOf(client)}</Badge>,
  },
];

const sum = ({ workloads }: MtlsReport, of: 'mutual' | 'plaintext' | 'refused'): number =>
  workloads.reduce((all, { ports }) => all + ports.reduce((part, port) => part + port[of], 0), 0);

export const Plaintext = ({ report }: { readonly report: MtlsReport }) => {
  const [mutual, plaintext, refused] = [sum(report, 'mutual'), sum(report, 'plaintext'), sum(report, 'refused')];
  const share = mutual + plaintext > 0 ? mutual / (mutual + plaintext) : undefined;
  return (
    <Panel title="Who sends plaintext">
      <dl className="figures">
        <Figure name="By mutual TLS" tone={share === 1 ? 'good' : 'plain'}>
          {percent(share)}
        </Figure>
        <Figure name="Served in plaintext" tone={plaintext > 0 ? 'warn' : 'good'}>
          <AllRecords search={{ protection: 'plaintext', outcome: 'allowed', side: 'destination' }}>{count(plaintext)}</AllRecords>
        </Figure>
        <Figure name="Refused without mutual TLS">
          <AllRecords search={{ protection: 'plaintext', outcome: 'denied' }}>{count(refused)}</AllRecords>
        </Figure>
      </dl>
      <Table
        name="Who sends plaintext"
        rows={callsIn(report)}
        columns={columns}
        keyOf={({ namespace, workload, port, client }) => JSON.stringify([namespace, workload, port, client.address, client.refused])}
        sort="-count"
        empty="Nobody came without mutual TLS in this time."
      />
    </Panel>
  );
};
