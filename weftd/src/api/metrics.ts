import { Readable } from 'node:stream';
import { contentTypes, type Family, type Format } from '@weft/signals';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { authorityMetrics, controlPlaneMetrics } from '../telemetry/control-plane.ts';
import { handOverMetrics } from '../telemetry/hand-over/metrics.ts';
import { lossMetrics } from '../telemetry/records/losses.ts';
import { proxiesOf } from '../telemetry/scrape/pages.ts';
import type { Scraped } from '../telemetry/scrape/thread.ts';
import { type ApiParts, Refusal, type Routes } from './routes.ts';

/** Prometheus says what it would rather have. */
const formatFor = ({ headers }: FastifyRequest): Format =>
  /application\/openmetrics-text/.test(headers.accept ?? '') ? 'openmetrics' : 'text';

const send = (pieces: readonly Uint8Array[], { format }: Scraped, reply: FastifyReply): FastifyReply =>
  reply.type(contentTypes[format]).send(Readable.from(pieces, { objectMode: false }));

/** As old as exemplars may be, and as many spans as are looked through for them. */
const latest = { ms: 300_000, limit: 1_000 };

/** Only OpenMetrics has exemplars; where the thread of telemetry is away there are none. */
const spansFor = (format: Format, { telemetry }: ApiParts): Promise<Scraped['spans']> =>
  format === 'text' ? Promise.resolve([]) : telemetry.traces.latest({ from: Date.now() - latest.ms, limit: latest.limit }).catch(() => []);

const scrapedBy = async (request: FastifyRequest, parts: ApiParts): Promise<Scraped> => {
  const { agent, desired } = parts;
  const format = formatFor(request);
  const names = { trustDomain: desired.trustDomain, cluster: desired.node().view.clusterId };
  return { agent, format, names, spans: await spansFor(format, parts) };
};

const proxiesIn = ({ desired }: ApiParts) => proxiesOf(desired);

const ofControlPlane = async ({ push, version, telemetry, tally, ca }: ApiParts): Promise<readonly Family[]> => [
  ...controlPlaneMetrics({ version, connected: push.proxies().filter(({ connected }) => connected) }),
  ...tally.families(),
  ...authorityMetrics(ca.expiries()),
  // The thread of telemetry may be away; proxies' metrics do not need it.
  ...handOverMetrics(await telemetry.outbox.state().catch(() => [])),
  ...lossMetrics(
    await telemetry.records
      .state()
      .then(({ losses }) => losses)
      .catch(() => undefined),
  ),
];

export const metricsRoutes: Routes = (server, parts) => {
  server.get('/metrics', { config: { role: 'scraper' } }, async (request, reply) => {
    const scraped = await scrapedBy(request, parts);
    return send(await parts.scrapes.all(scraped, proxiesIn(parts), await ofControlPlane(parts)), scraped, reply);
  });
  server.get<{ Params: { namespace: string; name: string } }>(
    '/proxies/:namespace/:name/metrics',
    { config: { role: 'viewer' } },
    async (request, reply) => {
      const { namespace, name } = request.params;
      const instance = proxiesIn(parts).find(({ pod }) => pod.namespace === namespace && pod.name === name);
      if (!instance) throw new Refusal(404, `there is no proxy ${namespace}/${name}`);
      const scraped = await scrapedBy(request, parts);
      const pieces = await parts.scrapes.one(scraped, instance).catch((cause: Error) => {
        throw cause instanceof Refusal ? cause : new Refusal(502, cause.message);
      });
      return send(pieces, scraped, reply);
    },
  );
};
