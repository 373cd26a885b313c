/** The forms of Weft's own kinds, of which no module has a definition. */
import type { Schema } from './schema.ts';

const text: Schema = { type: 'string', minLength: 1, maxLength: 253 };
const time: Schema = { type: 'string', minLength: 1, maxLength: 32 };
const percent: Schema = { type: 'number', minimum: 0, maximum: 100 };

const object = (properties: Record<string, Schema>, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
  additionalProperties: false,
});

const strings: Schema = { type: 'array', items: text, maxItems: 100 };
const bound: Record<string, Schema> = { above: { type: 'number', minimum: 0 }, below: { type: 'number', minimum: 0 } };
const caller = object({ principal: text, namespace: text, workload: text });

const metric = object({ name: text, where: { type: 'object', additionalProperties: strings }, by: strings, ...bound }, ['name']);

const amount = (more: Record<string, Schema> = {}): Schema =>
  object({ gauge: text, counter: text, where: { type: 'object', additionalProperties: strings }, ...more });

const secretKey = object({ name: text, key: text }, ['name', 'key']);
const address: Schema = { type: 'string', minLength: 1, maxLength: 2048 };
const endpoint = object({ url: address, urlSecret: secretKey, bearerToken: secretKey });

const matchers: Schema = {
  type: 'array',
  maxItems: 100,
  items: object({ name: text, matchType: { type: 'string', enum: ['=', '!=', '=~', '!~'] }, value: { type: 'string', maxLength: 1024 } }, [
    'name',
    'value',
  ]),
};

export const ownSchemas: Record<string, Schema> = {
  AlertRule: object(
    {
      summary: { type: 'string', maxLength: 1050 },
      severity: text,
      labels: { type: 'object', additionalProperties: { type: 'string', maxLength: 253 } },
      subject: object({ service: text, route: text, workload: text, version: text, caller }),
      signal: object({
        errors: object(bound),
        latency: object({ percentile: percent, above: time }, ['percentile', 'above']),
        traffic: object(bound),
        noTraffic: object({}),
        plaintext: object({}),
        saturation: object(bound),
        certificateExpiry: object({ within: time }, ['within']),
        proxyOutOfStep: object({}),
        counter: metric,
        gauge: metric,
      }),
      window: time,
      for: time,
    },
    ['signal'],
  ),
  AlertRoute: object(
    {
      matchers,
      groupBy: strings,
      groupWait: time,
      groupInterval: time,
      repeatInterval: time,
      receivers: {
        type: 'array',
        minItems: 1,
        maxItems: 20,
        items: object({
          webhook: endpoint,
          slack: endpoint,
          pagerDuty: object({ routingKey: secretKey, url: address }, ['routingKey']),
          email: object(
            {
              to: { ...strings, minItems: 1 },
              from: text,
              smarthost: text,
              tls: { type: 'string', enum: ['StartTLS', 'Implicit', 'None'] },
              username: text,
              password: secretKey,
            },
            ['to', 'from', 'smarthost'],
          ),
          alertmanager: endpoint,
        }),
      },
      inhibitRules: {
        type: 'array',
        maxItems: 100,
        items: object({ sourceMatch: matchers, targetMatch: matchers, equal: strings }, ['sourceMatch', 'targetMatch']),
      },
    },
    ['receivers'],
  ),
  Saturation: object({ workload: text, used: amount(), limit: amount({ value: { type: 'number', minimum: 0 } }), by: strings }, [
    'used',
    'limit',
  ]),
  ServiceLevelObjective: object(
    {
      description: { type: 'string', maxLength: 1050 },
      subject: object({ service: text, route: text, caller }, ['service']),
      indicator: object({ availability: object({}), latency: object({ threshold: time }, ['threshold']) }),
      target: percent,
      period: object({
        rolling: time,
        calendar: { type: 'string', enum: ['Day', 'Week', 'Month', 'Quarter', 'Year'] },
        timeZone: { type: 'string', minLength: 1, maxLength: 64 },
      }),
      timeSlices: object({ length: time, target: percent }, ['length', 'target']),
      burnRates: {
        type: 'array',
        minItems: 1,
        maxItems: 10,
        items: object({ factor: { type: 'number', minimum: 0 }, long: time, short: time, severity: text }, ['factor', 'long', 'short']),
      },
    },
    ['subject', 'indicator', 'target', 'period'],
  ),
};
