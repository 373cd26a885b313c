import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from '../parse.ts';
import { parsePeriod, periodText } from './period.ts';

const objective = (spec: string): string => `
apiVersion: mesh.weft.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: payments, namespace: shop}
spec: ${spec}
`;

const told = (spec: string): readonly string[] =>
  parse({ text: objective(spec), file: 'slo.yaml', origin: { source: 'file' } }).findings.map(
    ({ severity, path, message }) => `${severity} ${path}: ${message}`,
  );

const about = 'subject: {service: payments}, indicator: {availability: {}}';

describe('ServiceLevelObjective', () => {
  test.each([
    `{${about}, target: 99.9, period: {rolling: 28d}}`,
    `{${about}, target: 99.5, period: {calendar: Month, timeZone: Europe/Berlin}}`,
    `{subject: {service: pay.shop.svc.cluster.local, caller: {principal: cluster.local/ns/shop/sa/web}}, indicator: {latency: {threshold: 250ms}}, target: 95, period: {rolling: 4w}}`,
    `{${about}, target: 99, period: {rolling: 7d}, timeSlices: {length: 5m, target: 95}}`,
    `{${about}, target: 99.9, period: {rolling: 28d}, burnRates: [{factor: 10, long: 2h, short: 10m, severity: page}]}`,
  ])('%s is taken', (spec) => expect(told(spec)).toEqual([]));

  test.each([
    [`{${about}, target: 100, period: {rolling: 28d}}`, 'error spec.target: 100 leaves no budget, or nothing but budget'],
    [`{${about}, target: 101, period: {rolling: 28d}}`, 'error spec.target: 101 is out of range'],
    [`{${about}, target: 99, period: {}}`, 'error spec.period: a period is one of `rolling` and `calendar`'],
    [`{${about}, target: 99, period: {rolling: 28d, calendar: Month}}`, 'error spec.period: a period is one of `rolling` and `calendar`'],
    [`{${about}, target: 99, period: {rolling: 30 days}}`, 'error spec.period.rolling: `30 days` is no time'],
    [`{${about}, target: 99, period: {rolling: 10m}}`, 'error spec.period.rolling: a period from 1h to 366d'],
    [
      `{${about}, target: 99, period: {calendar: Week, timeZone: Mars/Olympus}}`,
      'error spec.period.timeZone: `Mars/Olympus` is no time zone',
    ],
    [
      `{subject: {service: a}, indicator: {}, target: 99, period: {rolling: 28d}}`,
      'error spec.indicator: an objective is about one of `availability` and `latency`',
    ],
    [
      `{subject: {service: a}, indicator: {latency: {threshold: 300ms}}, target: 99, period: {rolling: 28d}}`,
      'warning spec.indicator.latency.threshold: proxies count durations up to 250ms and up to 500ms: what is between is estimated',
    ],
    [
      `{subject: {service: a}, indicator: {latency: {threshold: 4000s}}, target: 99, period: {rolling: 28d}}`,
      'error spec.indicator.latency.threshold: proxies tell no times above an hour apart',
    ],
    [
      `{${about}, target: 99, period: {rolling: 1h}, timeSlices: {length: 10m, target: 95}}`,
      'error spec.timeSlices.length: the period has fewer than ten slices',
    ],
    [
      `{${about}, target: 90, period: {rolling: 28d}, burnRates: [{factor: 14.4, long: 1h, short: 5m}]}`,
      'warning spec.burnRates[0].factor: this never fires: at a target of 90 % nothing burns faster than 10 times',
    ],
    [
      `{${about}, target: 99, period: {rolling: 28d}, burnRates: [{factor: 2, long: 5m, short: 1h}]}`,
      'error spec.burnRates[0].short: the short window is not shorter than the long one',
    ],
    [
      `{${about}, target: 99, period: {rolling: 1d}, burnRates: [{factor: 2, long: 3d, short: 1h}]}`,
      'error spec.burnRates[0].long: the window is longer than the period',
    ],
    [
      `{subject: {service: a, caller: {principal: 'spiffe://x/ns/y'}}, indicator: {availability: {}}, target: 99, period: {rolling: 28d}}`,
      'error spec.subject.caller.principal: `spiffe://x/ns/y` is no principal',
    ],
    [`{${about}, target: 99, period: {rolling: 28d}, perod: 1}`, 'error spec.perod: unknown field `perod`'],
    [
      `{subject: {service: a, route: b}, indicator: {availability: {}}, target: 99, period: {rolling: 28d}, burnRates: [{factor: 2, long: 1h, short: 30s}]}`,
      'error spec.burnRates[0].short: routes are counted by the minute',
    ],
  ])('%s', (spec, finding) => expect(told(spec)).toEqual([finding]));
});

describe('times', () => {
  test.each([
    ['5m', 300_000],
    ['1d12h', 129_600_000],
    ['4w', 2_419_200_000],
    ['0s', undefined],
    ['1.5h', undefined],
    ['1M', undefined],
    ['', undefined],
    ['999999999w999999999w', undefined],
  ])('%s', (text, ms) => expect(parsePeriod(text)).toBe(ms));

  test('are read as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e8 }), (seconds) => {
        expect(parsePeriod(periodText(seconds * 1000))).toBe(seconds * 1000);
      }),
    );
  });
});
