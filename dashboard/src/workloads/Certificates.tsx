/** Certificates that the Envoy of one instance holds: its own, and those that it believes. */
import type { PodReport } from '@weft/model';
import { Badge, Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { duration, moment } from '../kit/words.ts';
import { PodChoice, useChosenPod, useEnvoy } from './EnvoyConfig.tsx';
import { type HeldCertificate, heldCertificates } from './envoy.ts';

/** The mesh renews long before: who is so near to its end was not renewed. */
const soonMs = 3_600_000;

const Left = ({ until }: HeldCertificate) => {
  const left = until - Date.now();
  if (left <= 0) return <Badge tone="bad">expired</Badge>;
  return <Badge tone={left < soonMs ? 'warn' : 'good'}>{duration(left)} left</Badge>;
};

const what: Readonly<Record<string, string>> = { default: 'its own', ROOTCA: 'an authority that it believes' };

const columns: readonly Column<HeldCertificate>[] = [
  { id: 'secret', name: 'Secret', value: ({ secret }) => secret },
  { id: 'what', name: 'What it is', value: ({ secret }) => what[secret] ?? 'of a gateway or client' },
  { id: 'names', name: 'Names', value: ({ names }) => names, cell: ({ names }) => <span className="mono">{names}</span> },
  { id: 'issuer', name: 'Issued by', value: ({ issuer }) => issuer },
  { id: 'serial', name: 'Serial', value: ({ serial }) => serial, cell: ({ serial }) => <code>{serial}</code> },
  { id: 'from', name: 'Valid from', value: ({ from }) => from, cell: ({ from }) => moment(from) },
  { id: 'until', name: 'Expires', value: ({ until }) => until, cell: ({ until }) => moment(until) },
  { id: 'left', name: 'Left', value: ({ until }) => until, cell: Left },
];

const OfPod = ({ pod, pods }: { readonly pod: PodReport; readonly pods: readonly PodReport[] }) => (
  <Panel title="Certificates" tools={<PodChoice pods={pods} chosen={pod.name} />}>
    <Answer of={useEnvoy(pod)} loading="Asking the Envoy">
      {(config) => (
        <Table
          {...{ name: 'Certificates', columns, sort: 'until', rows: heldCertificates(config) }}
          keyOf={({ secret, serial, names }) => `${secret} ${serial} ${names}`}
          empty="It holds none."
        />
      )}
    </Answer>
  </Panel>
);

export const Certificates = ({ pods }: { readonly pods: readonly PodReport[] }) => {
  const pod = useChosenPod(pods);
  return pod ? <OfPod pod={pod} pods={pods} /> : <Empty>It runs without a proxy, so that nobody can know who it is.</Empty>;
};
