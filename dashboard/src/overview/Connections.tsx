/** What does not speak HTTP: connections, and the bytes of those that ended. */

import { Link } from '@tanstack/react-router';
import type { GoldenSignals } from '@weft/model';
import { Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { bytes, count } from '../kit/words.ts';
import { AllRecords } from '../security/links.tsx';
import { useSignals } from '../signals/ask.ts';
import { useChosen } from './chosen.ts';
import { keyOf } from './Failing.tsx';

const columns: readonly Column<GoldenSignals>[] = [
  {
    ...{ id: 'service', name: 'Service' },
    value: keyOf,
    cell: (one) => <Link to={`/services/${keyOf(one)}` as string}>{keyOf(one)}</Link>,
  },
  {
    ...{ id: 'opened', name: 'Connections opened', number: true },
    value: ({ connectionsOpened }) => connectionsOpened,
    cell: (one) => <AllRecords search={{ server: keyOf(one) }}>{count(one.connectionsOpened)}</AllRecords>,
  },
  {
    ...{ id: 'closed', name: 'Closed', number: true },
    value: ({ connectionsClosed }) => connectionsClosed,
    cell: ({ connectionsClosed }) => count(connectionsClosed),
  },
  { id: 'received', name: 'Received', number: true, value: (one) => one.bytesReceived, cell: (one) => bytes(one.bytesReceived) },
  { id: 'sent', name: 'Sent', number: true, value: (one) => one.bytesSent, cell: (one) => bytes(one.bytesSent) },
];

export const Connections = () => (
  <Panel title="TCP">
    <Answer of={useSignals('service', { where: useChosen() })} loading="Looking at the connections">
      {({ items }) => {
        const rows = items.filter(({ connectionsOpened, connectionsClosed }) => connectionsOpened + connectionsClosed > 0);
        if (rows.length === 0) return <Empty>Nobody opened a connection to anything but HTTP in this time.</Empty>;
        return <Table {...{ name: 'TCP', rows, columns, keyOf, sort: '-opened' }} />;
      }}
    </Answer>
  </Panel>
);
