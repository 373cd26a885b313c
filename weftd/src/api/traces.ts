import type { TraceSearch } from '@weft/model';
import { numberIn, onlyThese, type Query, textIn } from './query.ts';
import { Refusal, type Routes } from './routes.ts';

const mostTraces = 1_000;

const failedIn = (query: Query): { readonly failed?: boolean } => {
  const failed = textIn(query, 'failed');
  if (failed === undefined) return {};
  if (failed !== 'true' && failed !== 'false') throw new Refusal(400, 'failed must be true or false');
  return { failed: failed === 'true' };
};

const limitIn = (query: Query): number => {
  const limit = numberIn(query, 'limit') ?? 20;
  if (!Number.isInteger(limit) || limit < 1 || limit > mostTraces) throw new Refusal(400, `limit must be 1 to ${mostTraces}`);
  return limit;
};

/** Unix milliseconds and milliseconds, as `model/src/trace.ts` has them; without `from` and `to` the last hour. */
const rangeIn = (query: Query): Omit<TraceSearch, 'service' | 'failed'> => {
  const to = numberIn(query, 'to') ?? Date.now();
  const namespace = textIn(query, 'namespace');
  const [min, max] = [numberIn(query, 'minDuration'), numberIn(query, 'maxDuration')];
  return {
    to,
    from: numberIn(query, 'from') ?? to - 3_600_000,
    limit: limitIn(query),
    ...(namespace && { namespace }),
    ...(min !== undefined && { minDuration: min }),
    ...(max !== undefined && { maxDuration: max }),
  };
};

const ranged = ['service', 'namespace', 'to', 'from', 'minDuration', 'maxDuration', 'limit'];

export const traceRoutes: Routes = (server, { telemetry: { traces } }) => {
  server.get<{ Querystring: Query }>('/traces', { config: { role: 'operator' } }, async ({ query }) => {
    onlyThese(query, 'failed', ...ranged);
    const service = textIn(query, 'service');
    return { items: await traces.find({ ...rangeIn(query), ...failedIn(query), ...(service && { service }) }) };
  });

  server.get<{ Params: { id: string } }>('/traces/:id', { config: { role: 'operator' } }, async ({ params: { id } }) => {
    const found = /^[0-9a-f]{32}$/.test(id) ? await traces.trace(id) : undefined;
    if (!found)
      throw new Refusal(
        404,
        `there is no trace ${id}: it was not sampled (randomSamplingPercentage of a Telemetry; 1 % without), or is forgotten by now`,
      );
    return found;
  });

  server.get<{ Querystring: Query }>('/exemplars', { config: { role: 'viewer' } }, async ({ query }) => {
    onlyThese(query, ...ranged);
    const service = textIn(query, 'service');
    if (!service) throw new Refusal(400, 'say of which service');
    return { items: await traces.exemplars({ minDuration: 0, ...rangeIn(query), service }) };
  });
};
