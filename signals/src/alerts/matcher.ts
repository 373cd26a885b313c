/** Which alerts are meant, by their labels; as Alertmanager's matchers. */
import { matchesRegex } from '@weft/model';
import type { Labels } from '../prometheus/exposition.ts';

export interface Matcher {
  readonly label: string;
  /** Regular expressions are RE2 and match the whole value. */
  readonly is: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

const matches = ({ label, is, value }: Matcher, labels: Labels): boolean => {
  // A label that is missing is an empty one.
  const found = labels[label] ?? '';
  const same = is === '=' || is === '!=' ? found === value : matchesRegex(value, found);
  return is === '=' || is === '=~' ? same : !same;
};

export const allMatch = (matchers: readonly Matcher[], labels: Labels): boolean => matchers.every((matcher) => matches(matcher, labels));
