/** Why requests failed: Envoy's flags in words, and which object and field changes it. */
import { Link } from '@tanstack/react-router';
import type { ErrorReason, ObjectRef } from '@weft/model';
import { meaningOf, type Remedy, readFlags } from '@weft/signals';
import { type Column, Table } from '../kit/Table.tsx';
import { count, percent } from '../kit/words.ts';
import { ObjectLink } from '../security/links.tsx';

export interface ReasonsProps {
  readonly reasons: readonly ErrorReason[];
  /** Of all, failed or not. */
  readonly requests: number;
  readonly end: 'caller' | 'server';
  /** Those that have a say: what can be changed is one of them, or none is there yet. */
  readonly objects: readonly ObjectRef[];
  readonly records: Readonly<Record<string, string>>;
}

const remediesOf = ({ flag = '' }: ErrorReason, end: ReasonsProps['end']): readonly Remedy[] =>
  readFlags(flag).flatMap((one) => meaningOf(one, end).remedies);

const RemedyLines = ({ remedies, objects }: { readonly remedies: readonly Remedy[]; readonly objects: readonly ObjectRef[] }) => (
  <>
    {remedies.map(({ kind, field }) => {
      const found = objects.filter((one) => one.kind === kind);
      return (
        <span key={`${kind} ${field}`} className="listed">
          {found.length > 0
            ? found.map((one) => (
                <span key={`${one.namespace}/${one.name}`}>
                  <ObjectLink {...one} />{' '}
                </span>
              ))
            : `${kind} (there is none yet) `}
          {field !== '' && <code>{field}</code>}
        </span>
      );
    })}
  </>
);

export const Reasons = ({ reasons, requests, end, objects, records }: ReasonsProps) => {
  const columns: readonly Column<ErrorReason>[] = [
    { id: 'words', name: 'Why', value: ({ words }) => words },
    { id: 'code', name: 'Answer', value: ({ code, grpcStatus }) => (grpcStatus ? `${code} ${grpcStatus}` : code) },
    { id: 'flag', name: 'Flag', value: ({ flag }) => flag, cell: ({ flag }) => (flag ? <code>{flag}</code> : '-') },
    {
      ...{ id: 'requests', name: 'Requests', number: true },
      value: (one) => one.requests,
      cell: (one) => (
        <Link to={'/security/access' as string} search={((before: object) => ({ ...before, ...records, code: one.code })) as never}>
          {count(one.requests)}
        </Link>
      ),
    },
    { id: 'share', name: 'Of all', number: true, value: (one) => one.requests / requests, cell: (one) => percent(one.requests / requests) },
    {
      ...{ id: 'remedy', name: 'What to look at' },
      value: (one) =>
        remediesOf(one, end)
          .map(({ kind, field }) => `${kind} ${field}`)
          .join('; '),
      cell: (one) => {
        const remedies = remediesOf(one, end);
        return remedies.length > 0 ? <RemedyLines remedies={remedies} objects={objects} /> : 'the application: its logs and traces';
      },
    },
  ];
  return (
    <Table
      {...{ name: 'Why requests failed', rows: reasons, columns, sort: '-requests' }}
      keyOf={({ flag = '', code, grpcStatus = '' }) => `${flag} ${code} ${grpcStatus}`}
      empty="No request failed in this time."
    />
  );
};
