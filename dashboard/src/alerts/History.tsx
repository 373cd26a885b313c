/** Which alerts came and went in the time that the page is about. */
import type { MeshChanges } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Panel } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';
import { Table } from '../kit/Table.tsx';
import { moment } from '../kit/words.ts';
import { useShared, useSpan } from '../shell/time.ts';

export const History = () => {
  const { ns } = useShared();
  const { from, to, live } = useSpan();
  const found = useAsk<MeshChanges>({ path: '/changes', query: { from, to, namespace: ns }, topics: live ? ['alerts'] : [] });
  return (
    <Panel title="History">
      <Answer of={found} loading="Looking what happened">
        {({ items }) => (
          <Table
            name="History of alerts"
            rows={items.filter(({ kind }) => kind === 'alert')}
            columns={[
              { id: 'time', name: 'Time', value: ({ at }) => new Date(at).toISOString(), cell: ({ at }) => moment(at) },
              { id: 'what', name: 'What', value: ({ words }) => words },
            ]}
            keyOf={({ at, words }) => `${at} ${words}`}
            sort="-time"
            empty="No alert came or went in this time."
          />
        )}
      </Answer>
    </Panel>
  );
};
