/** What a console asks for its pages about a day of measurements. */
import type { SignalsSearch } from '@weft/model';
import type { Call } from './telemetry-store.ts';

export interface Asked extends Call {
  readonly name: string;
}

const minute = 60_000;
const hour = 60 * minute;

const where = { destination_service_name: ['workload-7'] };
const caller = { source_workload: ['workload-7'] };

export const questions = (from: number, to: number): readonly Asked[] => {
  const whole = { from, to };
  const [lastHour, lastMinutes] = [
    { from: to - hour, to },
    { from: to - 10 * minute, to },
  ];
  const signals = (name: string, search: SignalsSearch): Asked => ({ name, method: 'goldenSignals', given: [search, []] });
  const edges = (name: string, search: object): Asked => ({
    name: `topology: ${name}`,
    method: 'topology',
    given: [{ gateways: [], ...search }],
  });
  const noon = from + 12 * hour;
  return [
    // The first round after the day: what the store sums up of it is not to be measured with a question.
    { name: 'a commit that sums up the day', method: 'commit', given: [to + minute, 24] },
    signals('the mesh over a day, by five minutes', { of: 'mesh', ...whole, step: 5 * minute }),
    signals('all namespaces over a day', { of: 'namespace', ...whole }),
    signals('all services over a day', { of: 'service', ...whole }),
    signals('all services over a day, by hours', { of: 'service', ...whole, step: hour }),
    signals('all workloads over a day', { of: 'workload', ...whole }),
    signals('all workloads over the last hour', { of: 'workload', ...lastHour }),
    signals('all versions over a day', { of: 'version', ...whole }),
    signals('all callers over a day', { of: 'caller', ...whole }),
    signals('all edges over a day', { of: 'edge', ...whole }),
    signals('all edges over ten minutes', { of: 'edge', ...lastMinutes }),
    signals('one service over a day, by five minutes', { of: 'service', ...whole, step: 5 * minute, where }),
    signals('one service over the last hour, by ten seconds', { of: 'service', ...lastHour, step: 10_000, where }),
    signals('callers of one service over a day', { of: 'edge', ...whole, where }),
    signals('callers of one service over a day, by five minutes', { of: 'edge', ...whole, step: 5 * minute, where }),
    signals('whom one workload calls over a day', { of: 'edge', ...whole, where: caller }),
    edges('the last ten minutes', lastMinutes),
    edges('one minute of the past', { from: noon, to: noon + minute }),
    edges('the last hour, one namespace', { ...lastHour, namespace: 'team-7' }),
    edges('a day', whole),
    edges('thirty days', { from: to - 30 * 24 * hour, to }),
    edges('a day that begins between hours, with impact', { from: from + 7 * minute, to: to - 13 * minute, node: 'team-7/workload-7' }),
    {
      name: 'an objective’s requests over a day, by minutes',
      method: 'counters',
      given: [
        { metric: 'istio_requests_total', ...whole, step: 5 * minute, where: { ...where, reporter: ['source'] }, by: ['response_code'] },
      ],
    },
  ];
};
