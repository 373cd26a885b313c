/** One request that was tapped, and what all proxies on its way wrote down of it. */
import { Link } from '@tanstack/react-router';
import type { StoredRecord } from '@weft/signals';
import { useAsk } from '../api/ask.ts';
import { Panel } from '../kit/parts.tsx';
import { RecordLink } from '../security/access/columns.tsx';
import { askedFor, callerName, resultOf, serverName } from '../security/access/record-words.ts';
import { Side } from '../security/access/Sides.tsx';

export interface DetailsProps {
  readonly of: StoredRecord;
  readonly onClose: () => void;
}

/** The request goes on while it is looked at: what comes later is told, too. */
const SameRequest = ({ id }: { readonly id: string }) => {
  const { data } = useAsk<{ items: readonly StoredRecord[] }>({ path: '/records', query: { request: id, limit: 20 }, topics: ['records'] });
  return (
    <ul>
      {(data?.items ?? []).map(({ id: number, record }) => (
        <li key={number}>
          <RecordLink id={number} at={record.at} /> {callerName(record)} → {serverName(record)} {resultOf(record).words}{' '}
          <span className="soft">({record.side === 'source' ? 'caller' : 'server'})</span>
        </li>
      ))}
    </ul>
  );
};

export const Details = ({ of: { id, record }, onClose }: DetailsProps) => (
  <Panel
    title={<code>{askedFor(record)}</code>}
    tools={
      <>
        <Link className="button" to={`/security/access/${id}` as string}>
          Why
        </Link>
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </>
    }
  >
    {record.request && record.request.id !== '' && (
      <>
        <h3>Records of this request</h3>
        <SameRequest id={record.request.id} />
      </>
    )}
    <Side record={record} />
    <p className="soft">Headers and queries are in no record, since people put secrets there.</p>
  </Panel>
);
