/** What of the configuration is used: routes and rules by recorded traffic, and who may call whom against who does. */
import type { TrafficUse } from '@weft/model';
import { type AccessRecord, cameInOf } from '@weft/signals';
import type { UsedRecord } from '../desired/use.ts';
import { sendJson } from './json.ts';
import { numberIn, onlyThese, type Query, spanIn, textIn } from './query.ts';
import { Refusal, type Routes } from './routes.ts';

const tenMinutes = 600_000;
const usualRecords = 2000;
const mostRecords = 20_000;

const hasFailed = ({ verdict, request, flags }: AccessRecord): boolean =>
  verdict.kind === 'denied' || (request?.status ?? 0) >= 500 || flags !== '' || !['', '0'].includes(request?.grpcStatus ?? '');

const usedOf = (record: AccessRecord): UsedRecord => ({
  recorded: { ...cameInOf(record), side: record.side },
  cluster: record.upstreamCluster,
  failed: hasFailed(record),
  ...(record.verdict.rule && { rule: record.verdict.rule }),
});

export const trafficRoutes: Routes = (server, { desired, telemetry }) => {
  server.get<{ Querystring: Query }>('/traffic', { config: { role: 'viewer' } }, async ({ query }): Promise<TrafficUse> => {
    onlyThese(query, 'from', 'to', 'namespace', 'records');
    const [span, namespace, limit] = [spanIn(query, tenMinutes), textIn(query, 'namespace'), numberIn(query, 'records') ?? usualRecords];
    if (!Number.isInteger(limit) || limit < 1 || limit > mostRecords) throw new Refusal(400, `records must be 1 to ${mostRecords}`);
    const found = await telemetry.records.query({ since: span.from, until: span.to, limit });
    const asked = { records: found.map(({ record }) => usedOf(record)), ...(namespace !== undefined && { namespace }) };
    const used = await desired.call('used', asked);
    if (!used) throw new Refusal(503, 'nothing was compiled yet');
    return { ...span, looked: found.length, whole: found.length < limit, ...used };
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
