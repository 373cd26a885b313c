import { Link } from '@tanstack/react-router';
import type { GoldenSignals } from '@weft/model';
import { Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { Table } from '../kit/Table.tsx';
import { count, duration, percent } from '../kit/words.ts';
import { AllRecords } from '../security/links.tsx';
import { useSignals } from '../signals/ask.ts';
import { useChosen } from './chosen.ts';

const nameOf = ({ labels }: GoldenSignals) => labels['destination_service_name'] ?? '';
const namespaceOf = ({ labels }: GoldenSignals) => labels['destination_service_namespace'] ?? '';
/** `namespace/name` of a service. */
export const keyOf = (one: GoldenSignals) => `${namespaceOf(one)}/${nameOf(one)}`;

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
    cell: (one: GoldenSignals) =>
      one.failed > 0 ? (
        <AllRecords search={{ server: keyOf(one), outcome: 'failed' }}>
          <span className="bad">{percent(one.failedShare)}</span>
        </AllRecords>
      ) : (
        percent(one.failedShare)
      ),
  },
  {
    id: 'rate',
    name: 'Requests/s',
    number: true,
    value: ({ requestsPerSecond }: GoldenSignals) => requestsPerSecond,
    cell: (one: GoldenSignals) => <AllRecords search={{ server: keyOf(one) }}>{count(one.requestsPerSecond)}</AllRecords>,
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
  const services = useSignals('service', { where: useChosen() });
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
