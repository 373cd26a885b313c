/** How two texts differ, line by line. */

export interface DifferentLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

/** Beyond this the middle is told as a whole: a table of more cells would take longer than anybody wants to wait. */
const mostCells = 4_000_000;

const as =
  (kind: DifferentLine['kind']) =>
  (text: string): DifferentLine => ({ kind, text });

/** `lengths[i][j]`: of the longest common subsequence of what follows `i` in one, and `j` in the other. */
const commonLengths = (before: readonly string[], after: readonly string[]): readonly Uint32Array[] => {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  for (let i = before.length - 1; i >= 0; i -= 1) {
    const [row, below] = [lengths[i], lengths[i + 1]];
    for (let j = after.length - 1; row && below && j >= 0; j -= 1)
      row[j] = before[i] === after[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
  }
  return lengths;
};

const middle = (before: readonly string[], after: readonly string[]): readonly DifferentLine[] => {
  if (before.length * after.length > mostCells) return [...before.map(as('removed')), ...after.map(as('added'))];
  const lengths = commonLengths(before, after);
  const lines: DifferentLine[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old = '', fresh = ''] = [before[i], after[j]];
    const isSame = i < before.length && j < after.length && old === fresh;
    const isRemoved = !isSame && i < before.length && (j === after.length || (lengths[i + 1]?.[j] ?? 0) >= (lengths[i]?.[j + 1] ?? 0));
    lines.push(isSame ? as('same')(old) : isRemoved ? as('removed')(old) : as('added')(fresh));
    if (isSame || isRemoved) i += 1;
    if (isSame || !isRemoved) j += 1;
  }
  return lines;
};

export const differentLines = (before: string, after: string): readonly DifferentLine[] => {
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const shorter = Math.min(old.length, fresh.length);
  let start = 0;
  while (start < shorter && old[start] === fresh[start]) start += 1;
  let end = 0;
  while (end < shorter - start && old[old.length - 1 - end] === fresh[fresh.length - 1 - end]) end += 1;
  return [
    ...old.slice(0, start).map(as('same')),
    ...middle(old.slice(start, old.length - end), fresh.slice(start, fresh.length - end)),
    ...old.slice(old.length - end).map(as('same')),
  ];
};
