/** Modes of mutual TLS beside who came by what: which clients hold up STRICT. */
import type { Modes } from '@weft/model';
import { type Came, type ClientPod, mtlsReport, strictPlan } from '@weft/signals';
import { onlyThese } from './query.ts';
import { type ApiParts, Refusal, type Routes } from './routes.ts';

const longest = 30 * 24 * 3600 * 1000;
const usual = 24 * 3600 * 1000;

const windowOf = (text: string | undefined): { readonly from: number; readonly to: number } => {
  const length = text === undefined ? usual : Number(text);
  if (!Number.isInteger(length) || length < 1 || length > longest) throw new Refusal(400, `windowMs must be 1 to ${longest}`);
  const to = Date.now();
  return { from: to - length, to };
};

const podsIn = ({ desired }: ApiParts): readonly ClientPod[] => {
  const { workloads } = desired.node();
  return workloads.flatMap(({ namespace, name, pods }) =>
    pods.map(({ address, ipv6, proxy, startedAt }) => ({
      workload: `${namespace}/${name}`,
      addresses: [address, ipv6 ?? ''].filter((one) => one !== ''),
      ...{ proxy, since: startedAt },
    })),
  );
};

const cameIn = async (parts: ApiParts, window: Came['window']): Promise<Came> => {
  const { arrivals, since } = await parts.telemetry.records.arrivals(window);
  return { arrivals, window, pods: podsIn(parts), ...(since !== undefined && { knownSince: since }) };
};

const modesOf = async ({ desired }: ApiParts, strict?: string): Promise<Modes> => {
  const modes = await desired.call('modes', strict === undefined ? {} : { strict });
  if (!modes) throw new Refusal(503, 'nothing was compiled yet');
  return modes;
};

export const mtlsRoutes: Routes = (server, parts) => {
  server.get<{ Querystring: { namespace?: string; windowMs?: string } }>('/mtls', { config: { role: 'operator' } }, async ({ query }) => {
    onlyThese(query, 'namespace', 'windowMs');
    const { namespace, windowMs } = query;
    const { workloads } = await modesOf(parts);
    const chosen = workloads.filter((one) => namespace === undefined || one.namespace === namespace);
    return mtlsReport(chosen, await cameIn(parts, windowOf(windowMs)));
  });
  server.get<{ Params: { namespace: string }; Querystring: { windowMs?: string } }>(
    '/mtls/strict/:namespace',
    { config: { role: 'operator' } },
    async ({ params, query }) => {
      const { namespace } = params;
      const [before, { workloads: after, manifest, findings }] = [await modesOf(parts), await modesOf(parts, namespace)];
      if (!manifest) throw new Refusal(400, `${namespace} is no namespace that a PeerAuthentication can be in`);
      const asked = { namespace, before: before.workloads, after, manifest, findings };
      const plan = strictPlan(asked, await cameIn(parts, windowOf(query.windowMs)));
      // A name that is written wrong proves nothing.
      if (plan.changes.length === 0 && !before.workloads.some((one) => one.namespace === namespace))
        throw new Refusal(404, `there is no workload in ${namespace} that STRICT would be about`);
      return plan;
    },
  );
};
