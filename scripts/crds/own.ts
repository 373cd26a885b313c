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

export const ownSchemas: Record<string, Schema> = {
  ServiceLevelObjective: object(
    {
      description: { type: 'string', maxLength: 1050 },
      subject: object({ service: text, route: text, caller: object({ principal: text, namespace: text, workload: text }) }, ['service']),
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
