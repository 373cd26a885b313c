/** What a change would do, as people read it. */
import type { PairChange, Preview, ProxiesChange, RecordedDecision, RecordsChange } from '@weft/model';
import { findingLine } from '../findings.ts';
import { printable } from '../output.ts';
import type { Terminal } from '../terminal.ts';
import { differenceText } from './text.ts';

const counted = (types: ProxiesChange['types']): string =>
  Object.entries(types)
    .map(([type, { added, changed, removed }]) => {
      const counts = [
        [added, '+'],
        [changed, '~'],
        [removed, '-'],
      ] as const;
      return `${type} ${counts.flatMap(([names, sign]) => (names.length > 0 ? [`${sign}${names.length}`] : [])).join(' ')}`;
    })
    .join(', ');

const pairText = ({ from, to, ports, before, after, why }: PairChange): string =>
  `${from.namespace}/${from.workload} → ${to.namespace}/${to.workload}:${ports.join(',')}  ${before} → ${after}: ${printable(why)}`;

const decisionText = ({ allowed, outcome, destinations, route }: RecordedDecision): string => {
  const shares = Object.entries(destinations).map(([name, percent]) => `${name} ${percent} %`);
  return allowed && shares.length > 0 ? `${printable(route)} to ${shares.join(', ')}` : printable(outcome);
};

const recordsText = ({ count, from, to, before, after, examples }: RecordsChange): string => {
  const like = examples[0] ? `, like ${printable(examples[0].what)}` : '';
  return `${count} from ${printable(from)} to ${printable(to)}${like}\n    now:  ${decisionText(before)}\n    then: ${decisionText(after)}`;
};

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];

export const previewText = ({ changes, findings, proxies, pairs, records }: Preview, terminal: Terminal): string => {
  const told = proxies.changed.reduce((sum, { proxies: names }) => sum + names.length, 0);
  return [
    changes.map((change) => differenceText(change, terminal)).join('\n\n') || 'nothing would change',
    ...section(
      'There would be to say:',
      findings.added.map((finding) => findingLine(finding, terminal)),
    ),
    ...section(
      'There would be no more to say:',
      findings.gone.map((finding) => findingLine(finding, terminal)),
    ),
    ...section(
      `${told} of ${proxies.all} proxies would be told something:`,
      proxies.changed.map(
        ({ proxies: names, types }) =>
          `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}: ${counted(types)}`,
      ),
    ),
    ...section('Who may call whom:', pairs.map(pairText)),
    ...section(`Of the last ${records?.looked ?? 0} records would be decided otherwise:`, records?.changed.map(recordsText) ?? []),
    ...(records && records.changed.length === 0 ? ['', `none of the last ${records.looked} records would be decided otherwise`] : []),
  ].join('\n');
};
