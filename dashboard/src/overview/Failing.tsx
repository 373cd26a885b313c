import { Link } from '@tanstack/react-router';
import type { GoldenSignals, SignalsAnswer } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { Table } from '../kit/Table.tsx';
import { count, duration, percent } from '../kit/words.ts';
import { useShared, useSpan } from '../shell/time.ts';

const nameOf = ({ labels }: GoldenSignals) => labels['destination_service_name'] ?? '';
const namespaceOf = ({ labels }: GoldenSignals) => labels['destination_service_namespace'] ?? '';
const keyOf = (one: GoldenSignals) => `${namespaceOf(one)}/${nameOf(one)}`;

const columns = [
  {
    id: 'service',
    name: 'Service',
    value: keyOf,
    cell: (one: GoldenSignals) => <Link to={`/services/${keyOf(one)}` as never}>{keyOf(one)}</Link>,
  },
  {
    id: 'failed',
    name: 'Failed',
    number: true,
    value: ({ failedShare }: GoldenSignals) => failedShare,
    cell: ({ failedShare }: GoldenSignals) => <span className={(failedShare ?? 0) > 0 ? 'bad' : ''}>{percent(failedShare)}</span>,
  },
  {
    id: 'rate',
    name: 'Requests/s',
    number: true,
    value: ({ requestsPerSecond }: GoldenSignals) => requestsPerSecond,
    cell: ({ requestsPerSecond }: GoldenSignals) => count(requestsPerSecond),
  },
  {
    id: 'p95',
    name: 'p95',
    number: true,
    value: ({ latency }: GoldenSignals) => latency?.p95,
    cell: ({ latency }: GoldenSignals) => duration(latency?.p95),
  },
];

/** All services, those that fail most first. */
export const Failing = () => {
  const { ns } = useShared();
  const { from, to } = useSpan();
  const where = ns ? { where: `destination_service_namespace=${ns}` } : {};
  const services = useAsk<SignalsAnswer>({ path: '/signals', query: { of: 'service', from, to, ...where }, topics: [] });
  return (
    <Panel title={<Link to={'/services' as never}>Services</Link>}>
      <Answer of={services} loading="Looking at the services">
        {({ items }) =>
          items.length === 0 ? (
            <Empty>No service was called in this time.</Empty>
          ) : (
            <Table name="Services" rows={items} columns={columns} keyOf={keyOf} sort="-failed" />
          )
        }
      </Answer>
    </Panel>
  );
};
