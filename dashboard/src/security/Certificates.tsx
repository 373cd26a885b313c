/** Certificates that somebody holds: who, of whom, until when, and those before; what ends first stands first. */
import './security.css';
import type { AuthorityCertificate, Certificates as Held, PodCertificate } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Badge, Page, Panel, type Tone } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { duration, moment } from '../kit/words.ts';
import { useShared } from '../shell/time.ts';
import { AllRecords, WorkloadLink } from './links.tsx';
import { SecurityPlaces } from './places.tsx';

const hour = 3_600_000;

/** Agents renew at half of a life: what is near its end was not renewed. */
const toneOf = (left: number): Tone => (left < hour ? 'bad' : left < 6 * hour ? 'warn' : 'good');

const Ends = ({ notAfter }: { readonly notAfter: number }) => {
  const left = notAfter - Date.now();
  return (
    <>
      <Badge tone={toneOf(left)}>{left < 0 ? 'ended' : `in ${duration(left)}`}</Badge> {moment(notAfter)}
    </>
  );
};

const columns: readonly Column<PodCertificate>[] = [
  {
    id: 'ends',
    name: 'Ends',
    value: ({ notAfter }) => new Date(notAfter).toISOString(),
    cell: ({ notAfter }) => <Ends notAfter={notAfter} />,
  },
  {
    id: 'workload',
    name: 'Workload',
    value: ({ namespace, workload }) => `${namespace}/${workload}`,
    cell: (row) => <WorkloadLink {...row} />,
  },
  { id: 'pod', name: 'Pod', value: ({ pod }) => pod },
  {
    id: 'identity',
    name: 'Identity',
    value: ({ identity }) => identity,
    cell: ({ identity }) => <AllRecords search={{ who: identity }}>{identity}</AllRecords>,
  },
  { id: 'issued', name: 'Issued', value: ({ at }) => new Date(at).toISOString(), cell: ({ at }) => moment(at) },
  { id: 'serial', name: 'Serial', value: ({ serial }) => serial, cell: ({ serial }) => <code>{serial}</code> },
  { id: 'issuer', name: 'Issuer', value: ({ issuer }) => issuer, cell: ({ issuer }) => <code>{issuer}</code> },
  {
    id: 'earlier',
    name: 'Before it',
    number: true,
    value: ({ earlier }) => earlier.length,
    cell: ({ earlier }) => (earlier.length === 0 ? 'none' : <Earlier certificates={earlier} />),
  },
];

const Earlier = ({ certificates }: { readonly certificates: PodCertificate['earlier'] }) => (
  <details>
    <summary>{certificates.length}</summary>
    <ul className="plain">
      {certificates.map(({ serial, at }) => (
        <li key={serial}>
          {moment(at)} <code>{serial}</code>
        </li>
      ))}
    </ul>
  </details>
);

const authorityColumns: readonly Column<AuthorityCertificate>[] = [
  {
    id: 'ends',
    name: 'Ends',
    value: ({ notAfter }) => new Date(notAfter).toISOString(),
    cell: ({ notAfter }) => <Ends notAfter={notAfter} />,
  },
  { id: 'kind', name: 'Kind', value: ({ kind }) => kind },
  { id: 'subject', name: 'Subject', value: ({ subject }) => subject },
  { id: 'serial', name: 'Serial', value: ({ serial }) => serial, cell: ({ serial }) => <code>{serial}</code> },
  { id: 'signs', name: 'Signs', value: ({ signs }) => (signs ? 'now' : 'no more') },
];

export const Certificates = () => {
  const { ns } = useShared();
  const held = useAsk<Held>({ path: '/certificates', topics: ['workloads', 'proxies', 'signals'] });
  return (
    <Page title="Certificates" command="npx weft ps" call="/certificates">
      <SecurityPlaces />
      <Answer of={held} loading="Looking for certificates">
        {({ authority, items }) => (
          <>
            <Panel title="Of workloads">
              <p className="soft">Agents renew by themselves at half of a certificate’s life, with a new key.</p>
              <Table
                name="Certificates of workloads"
                rows={items.filter(({ namespace }) => ns === undefined || namespace === ns)}
                columns={columns}
                keyOf={({ namespace, pod, serial }) => `${namespace}/${pod}/${serial}`}
                sort="ends"
                empty="No workload has a certificate."
              />
            </Panel>
            <Panel title="Of the mesh’s authority">
              <Table
                name="Certificates of the authority"
                rows={authority}
                columns={authorityColumns}
                keyOf={({ serial }) => serial}
                sort="ends"
              />
            </Panel>
          </>
        )}
      </Answer>
    </Page>
  );
};
