/** Objects as they were and as they became. */
import { type ObjectDifference, refKey } from '@weft/model';
import { Badge, type Tone } from '../../kit/parts.tsx';
import { Empty } from '../../kit/states.tsx';
import { Editor } from '../editor/LazyEditor.tsx';
import { nameOf, ObjectLink, originWords } from '../objects.tsx';

const tones: Readonly<Record<ObjectDifference['action'], Tone>> = { created: 'good', configured: 'info', deleted: 'bad' };

export const ActionBadge = ({ action }: Pick<ObjectDifference, 'action'>) => (
  <Badge tone={tones[action]}>{action === 'configured' ? 'changed' : action}</Badge>
);

/** Of more, each is opened by hand: an editor for each would take the page long. */
const openUpTo = 5;

export const Differences = ({ changes }: { readonly changes: readonly ObjectDifference[] }) => {
  if (changes.length === 0) return <Empty>No object differs.</Empty>;
  return (
    <>
      {changes.map(({ ref, action, origin, before = '', after = '' }) => (
        <details key={refKey(ref)} open={changes.length <= openUpTo} className="difference">
          <summary>
            <ActionBadge action={action} /> {ref.kind} {nameOf(ref)} <span className="soft">{originWords(origin)}</span>
          </summary>
          <p>
            <ObjectLink of={ref} />
          </p>
          <Editor label={`${ref.kind} ${ref.name}, before and after`} text={after || before} {...(before && after && { before })} />
        </details>
      ))}
    </>
  );
};
