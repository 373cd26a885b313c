import { ofKind, parse, type Resource, type ServiceLevelObjectiveSpec, workbookBurnRates } from '@weft/model';
import { expect, test } from 'vitest';
import { toOpenSlo } from './openslo.ts';
import { fromOpenSlo } from './openslo-import.ts';

const taken = (text: string): Resource<ServiceLevelObjectiveSpec> => {
  const { resources, findings } = parse({ text, file: 'slo.yaml', origin: { source: 'file' } });
  const [found] = ofKind(resources, 'ServiceLevelObjective');
  if (!found) throw new Error(JSON.stringify(findings));
  return found;
};

const objective = (spec: string): Resource<ServiceLevelObjectiveSpec> =>
  taken(`{apiVersion: mesh.weft.dev/v1alpha1, kind: ServiceLevelObjective, metadata: {name: pay, namespace: shop}, spec: ${spec}}`);

test.each([
  '{subject: {service: payments}, indicator: {availability: {}}, target: 99.95, period: {rolling: 28d}}',
  '{description: fast, subject: {service: payments, caller: {principal: cluster.local/ns/shop/sa/web}}, indicator: {latency: {threshold: 250ms}}, target: 95, period: {calendar: Quarter, timeZone: Europe/Berlin}, burnRates: [{factor: 2, long: 2h, short: 10m, severity: wake}]}',
  '{subject: {service: payments}, indicator: {availability: {}}, target: 99, period: {rolling: 36h}, burnRates: [{factor: 10, long: 30s, short: 10s, severity: page}]}',
  '{subject: {service: payments, route: slow}, indicator: {availability: {}}, target: 99, period: {rolling: 7d}, timeSlices: {length: 5m, target: 99.5}}',
])('what was written is read back: %s', (spec) => {
  const written = objective(spec);
  const { manifests, findings } = fromOpenSlo(JSON.parse(JSON.stringify(toOpenSlo(written))));
  expect(findings).toEqual([]);
  const [manifest] = manifests;
  const { metadata, spec: read } = taken(JSON.stringify(manifest));
  expect(metadata).toEqual(written.metadata);
  expect(read).toEqual({ burnRates: workbookBurnRates, ...written.spec });
});

/** What OpenSLO's own reader (github.com/OpenSLO/go-sdk, `openslosdk.Validate`) asks for beyond the form. */
test('it is written as OpenSLO’s own tools read it', () => {
  const { spec } = toOpenSlo(
    objective(
      '{subject: {service: payments}, indicator: {availability: {}}, target: 99, period: {rolling: 1d12h}, timeSlices: {length: 1h30m, target: 99}, burnRates: [{factor: 10, long: 30s, short: 10s}]}',
    ),
  );
  expect(spec.timeWindow).toEqual([{ duration: '36h', isRolling: true }]);
  expect(spec.objectives[0]).toMatchObject({ timeSliceWindow: '90m' });
  const [policy] = spec.alertPolicies;
  expect(policy?.spec.notificationTargets).toHaveLength(1);
  expect(policy?.spec.conditions[0]?.spec.condition).toEqual({
    ...{ kind: 'burnrate', op: 'gt', threshold: 10, lookbackWindow: '1m', alertAfter: '0m' },
  });
});

test('Prometheus is asked what is meant', () => {
  const queries = (spec: string) => {
    const { good, total } = toOpenSlo(objective(spec)).spec.indicator.spec.ratioMetric;
    return [good, total].map(({ metricSource }) => ('query' in metricSource.spec ? metricSource.spec.query : metricSource.type));
  };
  const sides = ['reporter="source"', 'reporter="destination",connection_security_policy="none"'];
  const sum = (metric: string, more: string) =>
    `sum(${sides.map((side) => `${metric}{${side},destination_service="payments.shop.svc.cluster.local",${more}}`).join(' or ')})`;
  expect(queries('{subject: {service: payments}, indicator: {availability: {}}, target: 99, period: {rolling: 7d}}')).toEqual([
    sum('istio_requests_total', 'response_code!~"0|5..",grpc_response_status!~"2|4|12|13|14|15"'),
    sum('istio_requests_total', 'response_code!="0"'),
  ]);
  expect(
    queries(
      '{subject: {service: payments, caller: {workload: web}}, indicator: {latency: {threshold: 1s}}, target: 99, period: {rolling: 7d}}',
    ),
  ).toEqual([
    sum('istio_request_duration_milliseconds_bucket', 'source_workload="web",le="1000"'),
    sum('istio_request_duration_milliseconds_count', 'source_workload="web"'),
  ]);
  expect(queries('{subject: {service: payments, route: slow}, indicator: {availability: {}}, target: 99, period: {rolling: 7d}}')).toEqual([
    'Weft',
    'Weft',
  ]);
});

const weft = { subject: { service: 'payments' }, indicator: { availability: {} } };
const slo = (spec: object) => ({
  apiVersion: 'openslo/v1',
  kind: 'SLO',
  metadata: { name: 'pay' },
  spec: {
    indicator: { spec: { ratioMetric: { total: { metricSource: { spec: { weft } } } } } },
    timeWindow: [{ duration: '4w', isRolling: true }],
    budgetingMethod: 'Occurrences',
    objectives: [{ target: 0.9995 }],
    ...spec,
  },
});

test('shares are percents here, and each objective is an object of its own', () => {
  const { manifests } = fromOpenSlo(slo({ objectives: [{ target: 0.9995 }, { targetPercent: 99 }] }));
  expect(manifests.map(({ metadata, spec }) => [metadata.name, spec['target']])).toEqual([
    ['pay-1', 99.95],
    ['pay-2', 99],
  ]);
  const sliced = slo({ budgetingMethod: 'Timeslices', objectives: [{ target: 0.99, timeSliceTarget: 0.95, timeSliceWindow: 5 }] });
  expect(fromOpenSlo(sliced).manifests[0]?.spec['timeSlices']).toEqual({ length: '5m', target: 95 });
});

const condition = { spec: { severity: 'page', condition: { kind: 'burnrate', threshold: 2, lookbackWindow: '1h', alertAfter: '5m' } } };

test.each([
  ['another kind', { kind: 'Service' }, ['error : no SLO of OpenSLO v1'], 0],
  [
    'another source',
    slo({ indicator: { spec: { ratioMetric: { total: { metricSource: { type: 'Datadog', spec: { query: 'x' } } } } } } }),
    ['error spec.indicator: what is measured is said in the words of another source'],
    0,
  ],
  [
    'half a year',
    slo({ timeWindow: [{ duration: '6M', calendar: { timeZone: 'UTC' } }] }),
    ['error spec.timeWindow[0].duration: no calendar period of `6M`'],
    0,
  ],
  [
    'another budget',
    slo({ budgetingMethod: 'RatioTimeslices' }),
    ['error spec.budgetingMethod: `RatioTimeslices` counts neither requests nor slices of time'],
    0,
  ],
  [
    'a period that neither rolls nor has a calendar',
    slo({ timeWindow: [{ duration: '4w', isRolling: false }] }),
    ['error spec.timeWindow[0]: a window that does not roll has a `calendar`'],
    0,
  ],
  [
    'a month that begins at noon',
    slo({ timeWindow: [{ duration: '1M', calendar: { startTime: '2022-01-01 12:00:00', timeZone: 'America/New_York' } }] }),
    ['warning spec.timeWindow[0].calendar.startTime: periods begin at midnight of their first day, which is no other than a calendar’s'],
    1,
  ],
  ['no period', slo({ timeWindow: undefined }), ['warning spec.timeWindow: no period is said: 28 days that roll are taken'], 1],
  [
    'one window, and a time to wait',
    slo({ alertPolicies: [{ spec: { conditions: [condition] } }] }),
    [
      'warning spec.alertPolicies[0]: one window only: 5m is taken for the short one',
      'warning spec.alertPolicies[0]: `alertAfter` has no effect: the short window stands for it',
    ],
    1,
  ],
  [
    'a policy elsewhere',
    slo({ alertPolicies: [{ alertPolicyRef: 'pager' }] }),
    ['warning spec.alertPolicies[0]: a reference to another document, which is not read'],
    1,
  ],
])('%s is told', (_, document, told, count) => {
  const { manifests, findings } = fromOpenSlo(document);
  expect(findings.map(({ severity, path, message }) => `${severity} ${path}: ${message}`)).toEqual(told);
  expect(manifests).toHaveLength(count);
});

test.each([
  null,
  1,
  'x',
  [],
  {},
  { apiVersion: 'openslo/v1', kind: 'SLO', spec: { objectives: 3, alertPolicies: [null], timeWindow: {} } },
])('%j does not throw', (document) => expect(fromOpenSlo(document).manifests).toEqual([]));
