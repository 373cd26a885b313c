/** What of the configuration is used: routes and rules by recorded traffic, and who may call whom against who does. */
import type { TrafficUse } from '@weft/model';
import { sendJson } from './json.ts';
import { onlyThese, type Query, spanIn, textIn } from './query.ts';
import { Refusal, type Routes } from './routes.ts';

const tenMinutes = 600_000;
export const trafficRoutes: Routes = (server, { desired, telemetry }) => {
  server.get<{ Querystring: Query }>('/traffic', { config: { role: 'viewer' } }, async ({ query }): Promise<TrafficUse> => {
    onlyThese(query, 'from', 'to', 'namespace');
    const [span, namespace] = [spanIn(query, tenMinutes), textIn(query, 'namespace')];
    const { uses, since } = await telemetry.records.uses(span, Date.now());
    const used = await desired.call('used', { uses, ...(namespace !== undefined && { namespace }) });
    if (!used) throw new Refusal(503, 'nothing was compiled yet');
    return { ...span, ...(since !== undefined && { since }), ...used };
  });
  server.get<{ Querystring: Query }>('/access-matrix', { config: { role: 'viewer' } }, async ({ query }, reply) => {
    onlyThese(query, 'from', 'to', 'namespace');
    const [span, namespace] = [spanIn(query, 24 * 3_600_000), textIn(query, 'namespace')];
    const topology = await telemetry.metrics.topology({ ...span, gateways: [] });
    const answer = topology && (await desired.call('matrix', { topology, ...(namespace !== undefined && { namespace }) }));
    if (!answer) throw new Refusal(503, 'nothing was compiled yet');
    return sendJson(reply, answer);
  });
};
