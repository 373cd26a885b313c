/** What is wrong, where, and what to do about it. */
import './config.css';
import type { Finding } from '@weft/model';
import { Badge } from '../kit/parts.tsx';
import { bySeverity, ObjectLink, toneOf } from './objects.tsx';

export interface FindingListProps {
  readonly findings: readonly Finding[];
  /** Said where there are none. */
  readonly none: string;
  /** All are about the object that the page is about. */
  readonly ofOne?: boolean;
  /** Leads to the field. */
  readonly onSelect?: (finding: Finding) => void;
}

const fileAndLine = ({ file, line }: Finding): string => {
  const at = line === undefined ? '' : `line ${line}`;
  // What is written here stands in no file.
  return file === undefined || file === 'console' ? at : [file, line].filter((part) => part !== undefined).join(':');
};

const place = (finding: Finding): string => [finding.path, fileAndLine(finding)].filter(Boolean).join(', ');

const FindingItem = ({ finding, ofOne, onSelect }: { readonly finding: Finding } & Pick<FindingListProps, 'ofOne' | 'onSelect'>) => (
  <li className="note" data-tone={toneOf[finding.severity]}>
    <p className="row">
      <Badge tone={toneOf[finding.severity]}>{finding.severity}</Badge>
      {!ofOne && finding.resource && <ObjectLink of={finding.resource} />}
      {onSelect && finding.path ? (
        <button type="button" className="link mono" onClick={() => onSelect(finding)}>
          {place(finding)}
        </button>
      ) : (
        <code>{place(finding)}</code>
      )}
      <span className="soft">{finding.code}</span>
    </p>
    <p>{finding.message}</p>
    {finding.help && <p className="soft">{finding.help}</p>}
  </li>
);

const keyOf = ({ code, path, message, resource, line }: Finding): string => JSON.stringify([code, path, message, resource, line]);

export const FindingList = ({ findings, none, ...rest }: FindingListProps) =>
  findings.length === 0 ? (
    <p className="good">{none}</p>
  ) : (
    <ul className="finding-list">
      {bySeverity(findings).map((finding) => (
        <FindingItem key={keyOf(finding)} finding={finding} {...rest} />
      ))}
    </ul>
  );
