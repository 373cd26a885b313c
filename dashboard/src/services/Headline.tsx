/** What a service is and how it does, at one look: above all tabs. */
import { Link } from '@tanstack/react-router';
import type { GoldenSignals, RegisteredService, ServingWorkload } from '@weft/model';
import { healthOf } from '@weft/signals';
import { Figure } from '../kit/parts.tsx';
import { bytes, count, duration, percent } from '../kit/words.ts';
import { AllRecords } from '../security/links.tsx';
import { HealthBadge } from '../signals/HealthBadge.tsx';

const readyOf = (workloads: readonly ServingWorkload[]): string =>
  `${workloads.reduce((sum, { ready }) => sum + ready, 0)} of ${workloads.reduce((sum, { pods }) => sum + pods, 0)}`;

const portsOf = ({ ports }: RegisteredService): string => ports.map(({ number, protocol }) => `${number} ${protocol}`).join(', ') || '-';

export const Headline = ({
  service,
  signals,
  records,
}: {
  readonly service: RegisteredService | undefined;
  readonly signals: GoldenSignals | undefined;
  /** The search of those behind the figures. */
  readonly records: Readonly<Record<string, string>>;
}) => {
  const success = signals?.failedShare === undefined ? undefined : 1 - signals.failedShare;
  return (
    <dl className="figures">
      <Figure name="Health">
        <HealthBadge health={healthOf(signals ?? { requests: 0, failed: 0 })} />
      </Figure>
      <Figure name="Requests">
        <AllRecords search={records}>{count(signals?.requestsPerSecond)}/s</AllRecords>
      </Figure>
      <Figure name="Success" tone={(signals?.failedShare ?? 0) > 0.01 ? 'bad' : 'plain'}>
        {signals && signals.failed > 0 ? (
          <AllRecords search={{ ...records, outcome: 'failed' }}>{percent(success)}</AllRecords>
        ) : (
          percent(success)
        )}
      </Figure>
      <Figure name="p50">{duration(signals?.latency?.p50)}</Figure>
      <Figure name="p95">{duration(signals?.latency?.p95)}</Figure>
      <Figure name="p99">{duration(signals?.latency?.p99)}</Figure>
      {signals && signals.connectionsOpened > 0 && <Figure name="TCP connections">{count(signals.connectionsOpened)}</Figure>}
      <Figure name="Received, sent">
        {bytes(signals?.bytesReceived)}, {bytes(signals?.bytesSent)}
      </Figure>
      {service && (
        <>
          <Figure name="Ports">{portsOf(service)}</Figure>
          <Figure name="Instances ready">{service.isExternal ? 'outside the mesh' : readyOf(service.workloads)}</Figure>
          <Figure name="Workloads">
            {service.workloads.length === 0
              ? '-'
              : service.workloads.map(({ namespace, name }) => (
                  <span key={name}>
                    <Link to={`/workloads/${namespace}/${name}` as string}>{name}</Link>{' '}
                  </span>
                ))}
          </Figure>
        </>
      )}
    </dl>
  );
};
