/** Columns of records, in every list of them. */
import { Link } from '@tanstack/react-router';
import type { StoredRecord } from '@weft/signals';
import { Badge } from '../../kit/parts.tsx';
import type { Column } from '../../kit/Table.tsx';
import { bytes, duration, moment } from '../../kit/words.ts';
import { askedFor, callerName, reasonOf, resultOf, serverName } from './record-words.ts';

/** To everything that is known of one record. */
export const RecordLink = ({ id, at }: { readonly id: number; readonly at: number }) => (
  <Link to="/security/access/$record" params={{ record: String(id) }} className="number">
    <time dateTime={new Date(at).toISOString()}>{moment(at)}</time>
  </Link>
);

const Result = ({ record }: Pick<StoredRecord, 'record'>) => {
  const { words, tone } = resultOf(record);
  return tone === 'plain' ? <span>{words}</span> : <Badge tone={tone}>{words}</Badge>;
};

/** Short names are read whole; what is longer than any name is broken. */
const Name = ({ children }: { readonly children: string }) => (
  <span className={children.length < 40 ? 'whole' : undefined}>{children}</span>
);

const sideOf = ({ record: { side } }: StoredRecord): string => (side === 'source' ? 'caller' : 'server');

export const recordColumns: readonly Column<StoredRecord>[] = [
  {
    id: 'time',
    name: 'Time',
    value: ({ record }) => new Date(record.at).toISOString(),
    cell: ({ id, record }) => <RecordLink id={id} at={record.at} />,
  },
  { id: 'caller', name: 'Who', value: ({ record }) => callerName(record), cell: ({ record }) => <Name>{callerName(record)}</Name> },
  { id: 'server', name: 'Whom', value: ({ record }) => serverName(record), cell: ({ record }) => <Name>{serverName(record)}</Name> },
  { id: 'asked', name: 'Asked for', value: ({ record }) => askedFor(record), cell: ({ record }) => <code>{askedFor(record)}</code> },
  { id: 'result', name: 'Result', value: ({ record }) => resultOf(record).words, cell: (row) => <Result {...row} /> },
  { id: 'ms', name: 'Took', number: true, value: ({ record }) => record.duration, cell: ({ record }) => duration(record.duration) },
  {
    id: 'protection',
    name: 'Protection',
    value: ({ record }) => (record.mtls ? 'mutual TLS' : record.tls ? 'TLS' : 'plaintext'),
    cell: ({ record }) =>
      record.mtls ? (
        <span className="soft whole">mutual TLS</span>
      ) : (
        <Badge tone="warn">{record.tls ? 'TLS, no identity' : 'plaintext'}</Badge>
      ),
  },
  { id: 'side', name: 'Seen by', value: sideOf, cell: (row) => <Name>{sideOf(row)}</Name> },
  { id: 'because', name: 'Because', value: ({ record }) => reasonOf(record) },
];

/** What there is no room for on a screen. */
export const exportedColumns: readonly Column<StoredRecord>[] = [
  ...recordColumns,
  { id: 'principal', name: 'Identity', value: ({ record }) => record.source.principal },
  { id: 'address', name: 'Address', value: ({ record }) => record.source.address },
  { id: 'client', name: 'Client', value: ({ record }) => record.source.client },
  { id: 'server-identity', name: 'Identity of the server', value: ({ record }) => record.destination.principal },
  { id: 'server-address', name: 'Address of the server', value: ({ record }) => record.destination.address },
  { id: 'service', name: 'Service', value: ({ record }) => record.destination.service },
  { id: 'received', name: 'Received', value: ({ record }) => record.received, cell: ({ record }) => bytes(record.received) },
  { id: 'sent', name: 'Sent', value: ({ record }) => record.sent, cell: ({ record }) => bytes(record.sent) },
  { id: 'serial', name: 'Serial of the certificate', value: ({ record }) => record.tls?.serial },
  { id: 'request', name: 'Request id', value: ({ record }) => record.request?.id },
  { id: 'trace', name: 'Trace', value: ({ record }) => record.request?.trace },
];
