/** What changed around a moment: configuration, rollouts, alerts, the authority and weftd itself, in the order of time. */
import { type ChangeSearch, type MeshChange, type MeshChanges, matchesSelector, ofKind } from '@weft/model';
import type { Subject } from '../events/concern.ts';
import { numberIn, onlyThese, type Query, spanIn, textIn } from './query.ts';
import { type ApiParts, Refusal, type Routes } from './routes.ts';

const hour = 3_600_000;
const usualLimit = 500;
const largestLimit = 5000;

const searchIn = (query: Query): ChangeSearch & { readonly limit: number } => {
  onlyThese(query, 'from', 'to', 'namespace', 'service', 'limit');
  const limit = numberIn(query, 'limit') ?? usualLimit;
  if (!Number.isInteger(limit) || limit < 1 || limit > largestLimit) throw new Refusal(400, `limit must be 1 to ${largestLimit}`);
  const [namespace, service] = [textIn(query, 'namespace'), textIn(query, 'service')];
  if (service !== undefined && namespace === undefined) throw new Refusal(400, 'a service is named with its namespace');
  return { ...spanIn(query, hour), limit, ...(namespace !== undefined && { namespace }), ...(service !== undefined && { service }) };
};

/** Those that the service selects now; what it selected before is known by the same names, as a rule. */
const workloadsOf = async ({ desired }: ApiParts, namespace: string, name: string): Promise<ReadonlySet<string>> => {
  const [found] = await desired.call('list', { kind: 'Service', namespace, name, dependents: false });
  const [service] = found ? ofKind([found.stored.resource], 'Service') : [];
  const selector = service?.spec.selector;
  if (!selector) return new Set([name]);
  const { instances } = desired.node();
  const selected = instances.filter(({ pod }) => pod.namespace === namespace && matchesSelector({ matchLabels: selector }, pod.labels));
  return new Set([name, ...selected.map(({ pod }) => pod.workload.name)]);
};

const isAbout = ({ namespace, service, workload }: MeshChange, about: Omit<Subject, 'rootNamespace'> | undefined): boolean => {
  if (!about || namespace === undefined) return true;
  if (namespace !== about.namespace) return false;
  if (about.service === undefined || (service === undefined && workload === undefined)) return true;
  return service === about.service || (workload !== undefined && about.workloads.has(workload));
};

export const changesIn = async (
  parts: ApiParts,
  { limit, namespace, service, ...span }: ReturnType<typeof searchIn>,
): Promise<MeshChanges> => {
  const workloads = service === undefined || namespace === undefined ? new Set<string>() : await workloadsOf(parts, namespace, service);
  const about = namespace === undefined ? undefined : { namespace, workloads, ...(service !== undefined && { service }) };
  const [configuration, events] = await Promise.all([
    parts.desired.call('configurationChanges', { ...span, limit, ...(about && { about }) }),
    parts.telemetry.events.query({ ...span, limit: largestLimit }),
  ]);
  const all = [...configuration, ...events.filter((event) => isAbout(event, about))].sort((a, b) => a.at - b.at);
  return { items: all.slice(-limit), more: all.length > limit };
};

export const changeRoutes: Routes = (server, parts) => {
  server.get<{ Querystring: Query }>('/changes', { config: { role: 'viewer' } }, ({ query }) => changesIn(parts, searchIn(query)));
};
