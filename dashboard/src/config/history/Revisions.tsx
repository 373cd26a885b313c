/** Revisions in a table: when, who, what. */
import { Link } from '@tanstack/react-router';
import { type ListedRevision, refKey } from '@weft/model';
import { Badge } from '../../kit/parts.tsx';
import { type Column, Table } from '../../kit/Table.tsx';
import { moment } from '../../kit/words.ts';
import { nameOf, ObjectLink } from '../objects.tsx';
import { ActionBadge } from './Differences.tsx';

/** Named one by one. */
const most = 4;

const What = ({ changes, counts }: ListedRevision) => {
  const all = counts.created + counts.configured + counts.deleted;
  return (
    <ul className="plain-list">
      {changes.slice(0, most).map(({ ref, action }) => (
        <li key={refKey(ref)}>
          <ActionBadge action={action} /> <ObjectLink of={ref} />
        </li>
      ))}
      {all > most && <li className="soft">and {all - Math.min(most, changes.length)} more</li>}
    </ul>
  );
};

const who = ({ by, source }: ListedRevision): string => by ?? (source === 'file' ? 'a file' : 'the API');

const columns: readonly Column<ListedRevision>[] = [
  {
    id: 'revision',
    name: 'Revision',
    number: true,
    value: ({ revision }) => revision,
    cell: ({ revision }) => (
      <Link to="/history/$revision" params={{ revision: String(revision) } as never}>
        {revision}
      </Link>
    ),
  },
  { id: 'at', name: 'When', value: ({ at }) => new Date(at).toISOString(), cell: ({ at }) => moment(at) },
  {
    id: 'who',
    name: 'Who',
    value: who,
    cell: (revision) => (
      <>
        {who(revision)} {revision.undoes !== undefined && <Badge>undoes {revision.undoes}</Badge>}
      </>
    ),
  },
  {
    id: 'what',
    name: 'What',
    value: ({ changes }) => changes.map(({ ref, action }) => `${action} ${ref.kind} ${nameOf(ref)}`).join('; '),
    cell: (revision) => <What {...revision} />,
  },
];

export interface RevisionsProps {
  readonly name: string;
  readonly items: readonly ListedRevision[];
  readonly filter?: string;
}

export const Revisions = ({ name, items, filter = '' }: RevisionsProps) => (
  <Table
    name={name}
    rows={items}
    columns={columns}
    keyOf={({ revision }) => String(revision)}
    sort="-revision"
    filter={filter}
    empty="Nothing was changed."
  />
);
