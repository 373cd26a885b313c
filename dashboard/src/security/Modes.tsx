/** Which mode of mutual TLS holds where, who says so, and what STRICT would do to those who came. */
import type { MtlsReport, PortMtls, StrictForecast, WorkloadMtls } from '@weft/signals';
import { Badge, Panel, type Tone } from '../kit/parts.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { count, percent } from '../kit/words.ts';
import { AllRecords, PlaceLink, WorkloadLink } from './links.tsx';

interface PortRow extends Pick<WorkloadMtls, 'namespace' | 'workload' | 'proxy'> {
  readonly port: PortMtls;
}

const forecasts: Readonly<Record<StrictForecast, readonly [tone: Tone, words: string]>> = {
  strict: ['good', 'in force'],
  safe: ['good', 'safe: all came by mutual TLS'],
  breaks: ['bad', 'breaks clients'],
  unseen: ['plain', 'nobody came: not proven'],
};

const portOf = ({ port }: PortRow): string | number => port.port ?? 'all others';

const modeOf = ({ proxy, port }: PortRow): string => (proxy === 'none' ? 'no proxy' : port.mode);

const columns: readonly Column<PortRow>[] = [
  {
    id: 'workload',
    name: 'Workload',
    value: ({ namespace, workload }) => `${namespace}/${workload}`,
    cell: (row) => <WorkloadLink {...row} />,
  },
  { id: 'port', name: 'Port', value: portOf, cell: (row) => <span className="whole">{portOf(row)}</span> },
  { id: 'mode', name: 'Mode', value: modeOf, cell: (row) => <span className="whole">{modeOf(row)}</span> },
  {
    id: 'from',
    name: 'Says',
    value: ({ port }) => (port.from ? `${port.from.namespace}/${port.from.name}` : 'nobody (the default)'),
    cell: ({ port }) => (port.from ? <PlaceLink {...port.from} /> : <span className="soft">nobody (the default)</span>),
  },
  { id: 'mutual', name: 'Mutual TLS', number: true, value: ({ port }) => port.mutual, cell: (row) => <Came {...row} of="mutual" /> },
  {
    id: 'plaintext',
    name: 'Plaintext',
    number: true,
    value: ({ port }) => port.plaintext,
    cell: (row) => <Came {...row} of="plaintext" />,
  },
  { id: 'share', name: 'Share', number: true, value: ({ port }) => port.plaintextShare, cell: ({ port }) => percent(port.plaintextShare) },
  { id: 'refused', name: 'Refused', number: true, value: ({ port }) => port.refused },
  {
    id: 'strict',
    name: 'STRICT would be',
    value: ({ port }) => forecasts[port.forecast][1],
    cell: ({ port }) => <Badge tone={forecasts[port.forecast][0]}>{forecasts[port.forecast][1]}</Badge>,
  },
];

const Came = ({ namespace, workload, port, of }: PortRow & { readonly of: 'mutual' | 'plaintext' }) =>
  port[of] === 0 ? (
    0
  ) : (
    <AllRecords search={{ server: `${namespace}/${workload}`, protection: of, side: 'destination' }}>{count(port[of])}</AllRecords>
  );

/** A port that nobody names and nobody came to says nothing. */
const rowsOf = ({ workloads }: MtlsReport): readonly PortRow[] =>
  workloads.flatMap(({ ports, ...workload }) =>
    ports
      .filter(({ port, mutual, plaintext, refused }) => port !== undefined || mutual + plaintext + refused > 0)
      .map((port) => ({ ...workload, port })),
  );

export const Modes = ({ report }: { readonly report: MtlsReport }) => (
  <Panel title="Modes of mutual TLS">
    <Table
      name="Modes of mutual TLS"
      rows={rowsOf(report)}
      columns={columns}
      keyOf={({ namespace, workload, port }) => `${namespace}/${workload}:${port.port}`}
      empty="There is no workload."
    />
  </Panel>
);
