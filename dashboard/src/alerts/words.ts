/** Alerts in words. */
import type { AlertStatus } from '@weft/model';
import type { Tone } from '../kit/parts.tsx';

export const toneOf: Readonly<Record<AlertStatus['state'], Tone>> = { firing: 'bad', pending: 'warn', resolved: 'good' };

const order: readonly AlertStatus['state'][] = ['firing', 'pending', 'resolved'];

const isPage = ({ labels }: AlertStatus): boolean => labels['severity'] === 'page';

/** What wakes people first, then what fires, the newest first; what nobody is told of behind the others. */
export const byUrgency = (items: readonly AlertStatus[]): readonly AlertStatus[] =>
  items.toSorted(
    (a, b) =>
      order.indexOf(a.state) - order.indexOf(b.state) ||
      Number(a.muted !== undefined) - Number(b.muted !== undefined) ||
      Number(isPage(b)) - Number(isPage(a)) ||
      b.since - a.since,
  );

/** What the alert is about, as far as its labels say. */
export const aboutOf = ({ labels }: AlertStatus): string => {
  const { namespace, objective, service, workload, version, route, pod } = labels;
  const name = objective ?? service ?? workload ?? pod;
  const whole = [namespace, name].filter(Boolean).join('/');
  return [whole, version && `version ${version}`, route && `route ${route}`].filter(Boolean).join(', ');
};

/** Labels that are told otherwise already. */
const told = new Set(['alertname', 'severity']);

export const labelsOf = ({ labels }: AlertStatus): readonly (readonly [string, string])[] =>
  Object.entries(labels).filter(([name]) => !told.has(name));
