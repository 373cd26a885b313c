import type { ProxyStatus } from '@weft/model';
import { Badge, Panel, type Tone } from '../kit/parts.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { moment } from '../kit/words.ts';
import { type Late, lateOf } from './drift.ts';

const tones: Readonly<Record<Late['state'], Tone>> = { refused: 'bad', 'not answered yet': 'warn', 'refused once': 'plain' };

const columns: readonly Column<Late>[] = [
  { id: 'pod', name: 'Pod', value: ({ pod }) => pod },
  { id: 'type', name: 'Type', value: ({ type }) => type },
  { id: 'resource', name: 'Resource', value: ({ resource }) => resource, cell: ({ resource }) => <code>{resource || '-'}</code> },
  { id: 'state', name: 'State', value: ({ state }) => state, cell: ({ state }) => <Badge tone={tones[state]}>{state}</Badge> },
  { id: 'field', name: 'Field', value: ({ field }) => field, cell: ({ field }) => (field ? <code>{field}</code> : '-') },
  { id: 'reason', name: 'What its Envoy says', value: ({ reason }) => reason },
  { id: 'at', name: 'At', value: ({ at }) => at, cell: ({ at }) => (at ? moment(at) : '-') },
];

/** Nothing where all proxies have all of it. */
export const Drift = ({ proxies }: { readonly proxies: readonly ProxyStatus[] }) => {
  const late = proxies.flatMap(lateOf);
  if (late.length === 0) return null;
  return (
    <Panel title="What proxies do not have">
      <Table
        name="What proxies do not have"
        rows={late}
        columns={columns}
        keyOf={({ pod, type, resource, state }) => `${pod} ${type} ${resource} ${state}`}
      />
    </Panel>
  );
};
