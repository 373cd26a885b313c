import type { TraceSearch } from '@weft/model';
import { numberIn, type Query, textIn } from './query.ts';
import { Refusal, type Routes } from './routes.ts';

const mostTraces = 1_000;

const failedIn = (query: Query): { readonly failed?: boolean } => {
  const failed = textIn(query, 'failed');
  if (failed === undefined) return {};
  if (failed !== 'true' && failed !== 'false') throw new Refusal(400, 'failed must be true or false');
  return { failed: failed === 'true' };
};

/** Unix milliseconds and milliseconds, as `model/src/trace.ts` has them; without `from` and `to` the last hour. */
const rangeIn = (query: Query): Omit<TraceSearch, 'service' | 'failed'> => {
  const to = numberIn(query, 'to') ?? Date.now();
  const namespace = textIn(query, 'namespace');
  const [min, max] = [numberIn(query, 'minDuration'), numberIn(query, 'maxDuration')];
  return {
    to,
    from: numberIn(query, 'from') ?? to - 3_600_000,
    limit: Math.min(mostTraces, numberIn(query, 'limit') ?? 20),
    ...(namespace && { namespace }),
    ...(min !== undefined && { minDuration: min }),
    ...(max !== undefined && { maxDuration: max }),
  };
};

export const traceRoutes: Routes = (server, { telemetry: { traces } }) => {
  server.get<{ Querystring: Query }>('/traces', async ({ query }) => {
    const service = textIn(query, 'service');
    return { items: await traces.find({ ...rangeIn(query), ...failedIn(query), ...(service && { service }) }) };
  });

  server.get<{ Params: { id: string } }>('/traces/:id', async ({ params: { id } }) => {
    const found = /^[0-9a-f]{32}$/.test(id) ? await traces.trace(id) : undefined;
    if (!found) throw new Refusal(404, `there is no trace ${id}`);
    return found;
  });

  server.get<{ Querystring: Query }>('/exemplars', async ({ query }) => {
    const service = textIn(query, 'service');
    if (!service) throw new Refusal(400, 'say of which service');
    return { items: await traces.exemplars({ minDuration: 0, ...rangeIn(query), service }) };
  });
};
