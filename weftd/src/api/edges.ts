import { sendJson } from './json.ts';
import { onlyThese, type Query, spanIn, textIn } from './query.ts';
import { type ApiParts, Refusal, type Routes } from './routes.ts';

const tenMinutes = 600_000;

const gatewaysOf = ({ desired }: ApiParts): readonly string[] =>
  desired
    .node()
    .instances.filter(({ pod }) => pod.proxy === 'gateway')
    .map(({ pod }) => `${pod.namespace}/${pod.workload.name}`);

export const edgeRoutes: Routes = (server, parts) => {
  server.get<{ Querystring: Query }>('/edges', { config: { role: 'viewer' } }, async ({ query }, reply) => {
    onlyThese(query, 'namespace', 'node', 'to', 'from');
    const [namespace, node] = [textIn(query, 'namespace'), textIn(query, 'node')];
    const search = {
      ...spanIn(query, tenMinutes),
      gateways: gatewaysOf(parts),
      ...(namespace !== undefined && { namespace }),
      ...(node !== undefined && { node }),
    };
    const found = await parts.telemetry.metrics.topology(search);
    if (!found) throw new Refusal(404, `nobody called ${node} in this time, nor did it call anybody`);
    return sendJson(reply, found);
  });
};
