/** What proxies do not have of what they shall have: each resource by its name, and where it was refused the field and why. */
import type { ProxyStatus } from '@weft/model';
import { refusedResources } from '@weft/signals';

export interface Late {
  readonly pod: string;
  readonly type: string;
  readonly resource: string;
  readonly state: 'refused' | 'not answered yet' | 'refused once';
  readonly field?: string;
  readonly reason?: string;
  /** Unix milliseconds. */
  readonly at?: number;
}

/** Of each the answer that came last; those of other types are not known any more. */
export const lateOf = ({ name: pod, types, lastNack, inStep }: ProxyStatus): readonly Late[] => {
  const all = Object.entries(types).flatMap(([type, { pending = [], refused = [] }]): readonly Late[] => {
    const said = lastNack?.type === type ? refusedResources(lastNack.message, refused) : refused.map((name) => ({ name }));
    const at = lastNack?.type === type ? { at: lastNack.at } : {};
    return [
      ...said.map(({ name, ...why }) => ({ pod, type, resource: name, state: 'refused' as const, ...why, ...at })),
      ...pending.map((resource) => ({ pod, type, resource, state: 'not answered yet' as const })),
    ];
  });
  if (all.length > 0 || lastNack === null || !inStep) return all;
  return [{ pod, type: lastNack.type, resource: '', state: 'refused once', reason: lastNack.message, at: lastNack.at }];
};
