import { type MtlsState, mtlsStates } from '@weft/model';
import { sendJson } from './json.ts';
import { onlyThese, type Query, spanIn, textIn } from './query.ts';
import { type ApiParts, Refusal, type Routes } from './routes.ts';

const tenMinutes = 600_000;

const gatewaysOf = ({ desired }: ApiParts): readonly string[] =>
  desired
    .node()
    .instances.filter(({ pod }) => pod.proxy === 'gateway')
    .map(({ pod }) => `${pod.namespace}/${pod.workload.name}`);

const mtlsIn = (query: Query): readonly MtlsState[] | undefined => {
  const asked = textIn(query, 'mtls')?.split(',');
  const strange = asked?.find((one) => !mtlsStates.some((state) => state === one));
  if (strange !== undefined) throw new Refusal(400, `${strange.slice(0, 80)} is no state of mutual TLS: ${mtlsStates.join(', ')} are`);
  return asked && mtlsStates.filter((state) => asked.includes(state));
};

export const edgeRoutes: Routes = (server, parts) => {
  server.get<{ Querystring: Query }>('/edges', { config: { role: 'viewer' } }, async ({ query }, reply) => {
    onlyThese(query, 'namespace', 'node', 'mtls', 'to', 'from');
    const mtls = mtlsIn(query);
    const [namespace, node] = [textIn(query, 'namespace'), textIn(query, 'node')];
    const search = {
      ...spanIn(query, tenMinutes),
      gateways: gatewaysOf(parts),
      ...(namespace !== undefined && { namespace }),
      ...(node !== undefined && { node }),
      ...(mtls && { mtls }),
    };
    const found = await parts.telemetry.metrics.topology(search);
    if (!found) throw new Refusal(404, `nobody called ${node} in this time, nor did it call anybody`);
    return sendJson(reply, found);
  });
};
