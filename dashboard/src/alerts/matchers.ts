/** Matchers as a person writes them: `objective=web severity=~"page|ticket"`, as Alertmanager's. */
import type { AlertMatcher, AlertStatus } from '@weft/model';
import { allMatch } from '@weft/signals';

const form = /([A-Za-z_][\w.-]*)(=~|!~|!=|=)(?:"([^"]*)"|([^\s",]*))[\s,]*/y;

/** @returns undefined where something is written that is none */
export const readMatchers = (text: string): readonly AlertMatcher[] | undefined => {
  const found: AlertMatcher[] = [];
  const rest = text.trim();
  form.lastIndex = 0;
  while (form.lastIndex < rest.length) {
    const [whole, name, matchType, quoted, bare] = form.exec(rest) ?? [];
    if (whole === undefined || name === undefined) return undefined;
    found.push({ name, matchType: matchType as NonNullable<AlertMatcher['matchType']>, value: quoted ?? bare ?? '' });
  }
  return found;
};

export const writeMatchers = (matchers: readonly AlertMatcher[]): string =>
  matchers.map(({ name, matchType = '=', value }) => `${name}${matchType}${/[\s",]/.test(value) ? `"${value}"` : value}`).join(' ');

/** Of labels: what silences this alert and those about the same. */
export const matchersFor = ({ labels }: AlertStatus): string =>
  writeMatchers(
    Object.entries(labels)
      .filter(([name]) => name !== 'severity' && name !== 'window')
      .map(([name, value]) => ({ name, value })),
  );

export const silencedBy = (matchers: readonly AlertMatcher[], alerts: readonly AlertStatus[]): readonly AlertStatus[] => {
  const own = matchers.map(({ name, matchType = '=', value }) => ({ label: name, is: matchType, value }));
  return own.length === 0 ? [] : alerts.filter(({ labels }) => allMatch(own, labels));
};
