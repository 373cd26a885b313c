import { contentTypes, type Family, type Format, writeExposition } from '@weft/signals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { controlPlaneMetrics } from '../telemetry/control-plane.ts';
import { proxiesOf, scrapeAll, scrapeWithApplication } from '../telemetry/scrape.ts';
import { type ApiParts, Refusal, type Routes } from './routes.ts';

/** Prometheus says what it would rather have. */
const formatFor = ({ headers }: FastifyRequest): Format =>
  /application\/openmetrics-text/.test(headers.accept ?? '') ? 'openmetrics' : 'text';

const send = (families: readonly Family[], request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const format = formatFor(request);
  return reply.type(contentTypes[format]).send(writeExposition(families, format));
};

const namesIn = ({ desired }: ApiParts) => ({ trustDomain: desired.trustDomain, cluster: desired.node().view.clusterId });

const proxiesIn = ({ desired }: ApiParts) => proxiesOf(desired);

const ofControlPlane = ({ push, version }: ApiParts): readonly Family[] =>
  controlPlaneMetrics({ version, connected: push.proxies().filter(({ connected }) => connected) });

export const metricsRoutes: Routes = (server, parts) => {
  server.get('/metrics', async (request, reply) => {
    const ofProxies = await scrapeAll(parts.agent, proxiesIn(parts), namesIn(parts));
    return send([...ofProxies, ...ofControlPlane(parts)], request, reply);
  });
  server.get<{ Params: { namespace: string; name: string } }>('/proxies/:namespace/:name/metrics', async (request, reply) => {
    const { namespace, name } = request.params;
    const instance = proxiesIn(parts).find(({ pod }) => pod.namespace === namespace && pod.name === name);
    if (!instance) throw new Refusal(404, `there is no proxy ${namespace}/${name}`);
    const families = await scrapeWithApplication(parts.agent, instance, namesIn(parts)).catch((cause: Error) => {
      throw cause instanceof Refusal ? cause : new Refusal(502, cause.message);
    });
    return send(families, request, reply);
  });
};
