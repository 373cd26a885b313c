import type { TraceSearch } from '@weft/model';
import { Refusal, type Routes } from './routes.ts';

type Query = Readonly<Record<string, string | undefined>>;

const mostTraces = 1_000;

/** @returns undefined where nothing is said */
const numberIn = (query: Query, name: string): number | undefined => {
  const text = query[name];
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text === '' || !Number.isFinite(number) || number < 0) throw new Refusal(400, `${name} must be a number`);
  return number;
};

const failedIn = ({ failed }: Query): { readonly failed?: boolean } => {
  if (failed === undefined) return {};
  if (failed !== 'true' && failed !== 'false') throw new Refusal(400, 'failed must be true or false');
  return { failed: failed === 'true' };
};

/** Unix milliseconds and milliseconds, as `model/src/trace.ts` has them; without `from` and `to` the last hour. */
const rangeIn = (query: Query): Omit<TraceSearch, 'service' | 'failed'> => {
  const to = numberIn(query, 'to') ?? Date.now();
  const [min, max] = [numberIn(query, 'minDuration'), numberIn(query, 'maxDuration')];
  return {
    to,
    from: numberIn(query, 'from') ?? to - 3_600_000,
    limit: Math.min(mostTraces, numberIn(query, 'limit') ?? 20),
    ...(query.namespace && { namespace: query.namespace }),
    ...(min !== undefined && { minDuration: min }),
    ...(max !== undefined && { maxDuration: max }),
  };
};

export const traceRoutes: Routes = (server, { telemetry: { traces } }) => {
  server.get<{ Querystring: Query }>('/traces', async ({ query }) => {
    const { service } = query;
    return { items: await traces.find({ ...rangeIn(query), ...failedIn(query), ...(service && { service }) }) };
  });

  server.get<{ Params: { id: string } }>('/traces/:id', async ({ params: { id } }) => {
    const found = /^[0-9a-f]{32}$/.test(id) ? await traces.trace(id) : undefined;
    if (!found) throw new Refusal(404, `there is no trace ${id}`);
    return found;
  });

  server.get<{ Querystring: Query }>('/exemplars', async ({ query }) => {
    const { service } = query;
    if (!service) throw new Refusal(400, 'say of which service');
    return { items: await traces.exemplars({ minDuration: 0, ...rangeIn(query), service }) };
  });
};
