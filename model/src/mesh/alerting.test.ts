import { describe, expect, test } from 'vitest';
import { parse } from '../parse.ts';

const told =
  (kind: string) =>
  (spec: string): readonly string[] =>
    parse({
      text: `{apiVersion: mesh.weft.dev/v1alpha1, kind: ${kind}, metadata: {name: a, namespace: shop}, spec: ${spec}}`,
      file: 'alerts.yaml',
      origin: { source: 'file' },
    }).findings.map(({ code, severity, path, message }) => `${code} ${severity} ${path}: ${message}`);

describe('an AlertRule', () => {
  const rule = told('AlertRule');

  test.each([
    '{signal: {errors: {above: 5}}}',
    '{subject: {service: payments, caller: {workload: web}}, signal: {latency: {percentile: 99, above: 500ms}}, window: 10m, for: 2m}',
    '{signal: {traffic: {below: 0.5}}, severity: page, labels: {team: money}}',
    '{signal: {noTraffic: {}}}',
    '{signal: {certificateExpiry: {within: 6h}}}',
    '{subject: {service: payments, route: checkout}, signal: {errors: {above: 5}}}',
    '{subject: {service: payments, version: v2}, signal: {latency: {percentile: 99, above: 500ms}}}',
    '{subject: {workload: "*", version: "*"}, signal: {traffic: {above: 100}}}',
    '{subject: {workload: payments}, signal: {saturation: {above: 80}}}',
    '{signal: {counter: {name: istio_tcp_sent_bytes_total, where: {reporter: [source]}, by: [source_workload], above: 1e9}}}',
  ])('may say %s', (spec) => expect(rule(spec)).toEqual([]));

  test.each([
    ['{signal: {}}', 'WEFT0027 error spec.signal: a rule is about exactly one signal'],
    ['{signal: {noTraffic: {}, plaintext: {}}}', 'WEFT0027 error spec.signal: a rule is about exactly one signal'],
    ['{signal: {errors: {}}}', 'WEFT0027 error spec.signal.errors: a bound is one of `above` and `below`'],
    ['{signal: {errors: {above: 100}}}', 'WEFT0028 warning spec.signal.errors.above: this never fires: no more than 100 % can'],
    ['{signal: {latency: {percentile: 100, above: 1s}}}', 'WEFT0027 error spec.signal.latency.percentile: 100 is no percentile'],
    ['{signal: {latency: {percentile: 9, above: soon}}}', 'WEFT0027 error spec.signal.latency.above: `soon` is no time'],
    ['{signal: {certificateExpiry: {within: soon}}}', 'WEFT0027 error spec.signal.certificateExpiry.within: `soon` is no time'],
    ['{signal: {gauge: {name: a-b, above: 1}}}', 'WEFT0027 error spec.signal.gauge.name: `a-b` is no metric'],
    ['{signal: {noTraffic: {}}, window: 1s}', 'WEFT0027 error spec.window: a window from 10s to 1d'],
    ['{signal: {noTraffic: {}}, for: soon}', 'WEFT0027 error spec.for: `soon` is no time'],
    ['{signal: {noTraffic: {}}, labels: {alertname: x}}', 'WEFT0027 error spec.labels.alertname: `alertname` is no label of an alert'],
    [
      '{subject: {service: a}, signal: {proxyOutOfStep: {}}}',
      'WEFT0028 warning spec.subject: `proxyOutOfStep` is no measurement of a service: `subject` says nothing',
    ],
    [
      '{signal: {proxyOutOfStep: {}}, window: 5m}',
      'WEFT0028 warning spec.window: `proxyOutOfStep` says how things stand now: `window` says nothing',
    ],
    ['{signal: {traffic: {below: 0}}}', 'WEFT0028 warning spec.signal.traffic.below: this never fires: nothing is below 0'],
    [
      '{signal: {latency: {percentile: 99, above: 3600s}}}',
      'WEFT0028 warning spec.signal.latency.above: this never fires: proxies tell no times above an hour apart',
    ],
    [
      '{signal: {certificateExpiry: {within: 24h}}}',
      'WEFT0028 warning spec.signal.certificateExpiry.within: workloads’ certificates live a day and are renewed after twelve hours: this fires all the time',
    ],
    ['{subject: {route: a}, signal: {errors: {above: 5}}}', 'WEFT0027 error spec.subject.route: a route is one of a service'],
    [
      '{subject: {service: a, route: b, version: v2}, signal: {errors: {above: 5}}}',
      'WEFT0027 error spec.subject.route: a route is its caller’s, and workloads do not know of it',
    ],
    [
      '{subject: {version: v2}, signal: {errors: {above: 5}}}',
      'WEFT0027 error spec.subject.version: a version is one of a service or workload',
    ],
    [
      '{subject: {service: a, route: b}, signal: {noTraffic: {}}, window: 1m}',
      'WEFT0027 error spec.window: routes are counted by the minute',
    ],
    [
      '{subject: {service: a, caller: {principal: web}}, signal: {errors: {above: 5}}}',
      'WEFT0027 error spec.subject.caller.principal: `web` is no principal',
    ],
    [
      '{subject: {service: a, caller: {workload: web}}, signal: {plaintext: {}}}',
      'WEFT0028 warning spec.subject.caller: `plaintext` goes by service and workload alone',
    ],
    ['{signal: {noTrafic: {}}}', 'WEFT0027 error spec.signal.noTrafic: unknown field `noTrafic`'],
  ])('%s', (spec, finding) => expect(rule(spec)).toContain(finding));
});

describe('an AlertRoute', () => {
  const route = told('AlertRoute');
  const to = (receiver: string) => route(`{receivers: [{${receiver}}]}`);
  const mail = 'to: [a@example.org], from: weft@example.org, smarthost: "smtp.example.org:587"';

  test.each([
    'webhook: {url: "https://example.org/hook?a=b", bearerToken: {name: hook, key: token}}',
    'slack: {urlSecret: {name: slack, key: url}}',
    'pagerDuty: {routingKey: {name: pd, key: routing-key}}',
    `email: {${mail}, username: me, password: {name: mail, key: password}}`,
    'alertmanager: {url: "http://[::1]:9093"}',
  ])('may tell %s', (receiver) => expect(to(receiver)).toEqual([]));

  test.each([
    ['', 'WEFT0027 error spec.receivers[0]: a receiver is exactly one of webhook, slack, pagerDuty, email and alertmanager'],
    ['webhook: {}', 'WEFT0027 error spec.receivers[0].webhook: an address is one of `url` and `urlSecret`'],
    ['webhook: {url: "ftp://a/"}', 'WEFT0027 error spec.receivers[0].webhook.url: `ftp://a/` is no address'],
    ['webhook: {url: "https://me:secret@a/"}', 'WEFT0027 error spec.receivers[0].webhook.url: the address holds a user name or password'],
    [
      'webhook: {url: "http://a/", bearerToken: {name: a, key: b}}',
      'WEFT0028 warning spec.receivers[0].webhook.bearerToken: the token is sent in plain text',
    ],
    [`email: {${mail}, username: me}`, 'WEFT0027 error spec.receivers[0].email: `username` and `password` belong together'],
    [
      `email: {${mail}, username: me, password: {name: a, key: b}, tls: None}`,
      'WEFT0027 error spec.receivers[0].email.tls: the password would be sent in plain text',
    ],
    [
      'email: {to: ["a@b, c@d"], from: a@b, smarthost: "a:1"}',
      'WEFT0027 error spec.receivers[0].email.to[0]: `a@b, c@d` is no address of email',
    ],
    ['email: {to: [a@b], from: a@b, smarthost: a}', 'WEFT0027 error spec.receivers[0].email.smarthost: `a` is no server with its port'],
  ])('%s', (receiver, finding) => expect(to(receiver)).toEqual([finding]));

  test('is asked to tell again no sooner than it tells at all', () => {
    expect(route('{groupInterval: 1h, repeatInterval: 5m, receivers: [{webhook: {url: "https://a"}}]}')).toEqual([
      'WEFT0028 warning spec.repeatInterval: nothing is told twice within `groupInterval`, which is longer',
    ]);
  });

  test('matchers are as Alertmanager’s', () => {
    const matched = (matcher: string) => route(`{matchers: [{${matcher}}], receivers: [{webhook: {url: "https://a"}}]}`);
    expect(matched('name: severity, value: page')).toEqual([]);
    expect(matched('name: severity, matchType: "=~", value: "pa(ge"')[0]).toContain('WEFT0027 error spec.matchers[0].value');
  });
});

describe('a Saturation', () => {
  const saturation = told('Saturation');

  test.each([
    '{workload: payments, used: {gauge: db_pool_in_use, where: {pool: [main]}}, limit: {gauge: db_pool_size}}',
    '{used: {counter: process_cpu_seconds_total}, limit: {value: 2}}',
  ])('may be %s', (spec) => expect(saturation(spec)).toEqual([]));

  test.each([
    ['{used: {gauge: a}}', 'WEFT0027 error spec: `limit` is missing'],
    ['{used: {}, limit: {value: 1}}', 'WEFT0027 error spec.used: exactly one of `gauge` and `counter`'],
    ['{used: {gauge: a, counter: b}, limit: {value: 1}}', 'WEFT0027 error spec.used: exactly one of `gauge` and `counter`'],
    ['{used: {gauge: a}, limit: {gauge: b, value: 1}}', 'WEFT0027 error spec.limit: exactly one of `gauge`, `counter` and `value`'],
    ['{used: {gauge: a}, limit: {value: 0}}', 'WEFT0027 error spec.limit.value: nothing fits into nothing'],
    ['{used: {gauge: a-b}, limit: {value: 1}}', 'WEFT0027 error spec.used.gauge: `a-b` is no metric'],
    ['{used: {gauge: a, rate: 1m}, limit: {value: 1}}', 'WEFT0027 error spec.used.rate: unknown field `rate`'],
  ])('%s', (spec, finding) => expect(saturation(spec)).toEqual([finding]));
});
