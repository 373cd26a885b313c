/** Changes as people read them: lines with - and +, and some around them. */
import { type DifferentLine, differentLines, type ListedRevision, type ObjectChange, type ObjectDifference } from '@weft/model';
import { type Column, printable } from '../output.ts';
import type { Terminal } from '../terminal.ts';

const around = 3;

export const nameOf = ({ ref: { kind, namespace, name } }: Pick<ObjectChange, 'ref'>): string =>
  `${kind} ${namespace ? `${namespace}/` : ''}${name}`;

const marks = { same: ' ', removed: '-', added: '+' } as const;

const lineText = ({ kind, text }: DifferentLine, { paint }: Terminal): string => {
  const line = `${marks[kind]} ${printable(text)}`;
  return kind === 'same' ? paint.dim(line) : kind === 'added' ? paint.green(line) : paint.red(line);
};

/** What differs, with the lines next to it; where some are left out in between stands `…`. */
const shownLines = (lines: readonly DifferentLine[], terminal: Terminal): readonly string[] => {
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - around), at + around + 1).some(({ kind }) => kind !== 'same'));
  return lines.flatMap((line, at) => (near[at] ? [lineText(line, terminal)] : near[at - 1] ? ['…'] : []));
};

export const differenceText = (change: ObjectDifference, terminal: Terminal): string => {
  const { before = '', after = '', action } = change;
  return [terminal.paint.bold(`${nameOf(change)} ${action}`), ...shownLines(differentLines(before, after), terminal)].join('\n');
};

const mostNamed = 3;

const changesText = ({ changes, counts }: ListedRevision): string => {
  const named = changes.slice(0, mostNamed).map((change) => `${nameOf(change)} ${change.action}`);
  const more = counts.created + counts.configured + counts.deleted - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

const whoText = ({ by, source, changes: [first] }: ListedRevision): string => {
  if (by !== undefined) return printable(by);
  return source === 'file' && first?.origin.source === 'file' ? first.origin.file : 'weft apply';
};

export const revisionColumns: readonly Column<ListedRevision>[] = [
  { title: 'REVISION', value: ({ revision }) => String(revision) },
  { title: 'AT', value: ({ at }) => new Date(at).toISOString() },
  { title: 'BY', value: whoText },
  {
    title: 'CHANGES',
    value: (revision) => `${revision.undoes === undefined ? '' : `takes back ${revision.undoes}: `}${changesText(revision)}`,
  },
];
