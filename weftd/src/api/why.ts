/** Why a request or a connection became what it became: its records, and what the configuration says of them. */
import { lineOf, matchesSelector, type ObjectRef, ofKind, type WrittenPlace } from '@weft/model';
import {
  type AccessRecord,
  agrees,
  cameInOf,
  findingsIn,
  hostOfAddress,
  type Refused,
  type SeenHop,
  type Surroundings,
  type Why,
  type WhyHop,
  whyHop,
} from '@weft/signals';
import { type ApiParts, Refusal, type Routes } from './routes.ts';

/** One request passes this many proxies at most before it goes in circles; its tries have records of their own. */
const mostRecords = 500;

const placeOf = async ({ desired }: ApiParts, { kind, namespace, name }: ObjectRef, path: string): Promise<WrittenPlace | undefined> => {
  const [found] = await desired.call('list', { kind, namespace, name, dependents: false });
  if (!found) return undefined;
  const { resource } = found.stored;
  const line = lineOf(resource, path);
  const file = resource.origin.source === 'file' ? { file: resource.origin.file } : {};
  return { kind, namespace, name, path, ...file, ...(line !== undefined && { line }) };
};

const sameRequestMs = 60_000;
/** Clocks of proxies may differ by so much. */
const slackMs = 1000;

/** A call that never came to be a request there: what the server's proxy says of the connection has no request's id. */
const connectionOf = async ({ telemetry }: ApiParts, caller: AccessRecord): Promise<readonly AccessRecord[]> => {
  const { side, at, duration, flags, source, destination } = caller;
  if (side !== 'source' || destination.address === '' || !/\b(UC|UF)\b/.test(flags)) return [];
  const time = { since: at - slackMs, until: at + duration + slackMs };
  const address = hostOfAddress(destination.address);
  const found = await telemetry.records.query({ ...time, address, denied: true, side: 'destination', limit: mostRecords });
  const from = hostOfAddress(source.address);
  return found
    .map(({ record }) => record)
    .filter(({ refusal, source: peer, destination: server }) => {
      return refusal !== undefined && server.address === destination.address && hostOfAddress(peer.address) === from;
    });
};

/** The id of a refusal first; what belongs to the same request is found by the request's id. */
const recordsOf = async ({ telemetry }: ApiParts, id: string): Promise<readonly AccessRecord[]> => {
  const ask = async (query: { readonly denial: string } | { readonly request: string }) =>
    (await telemetry.records.query({ ...query, limit: mostRecords })).map(({ record }) => record);
  const refused = await ask({ denial: id });
  const request = refused.find(({ request: part }) => part)?.request?.id ?? id;
  const [first] = refused;
  // A caller can choose the id of its requests: others that have the same one are not of this refusal.
  if (first && !first.request) return refused;
  const together = request === '' ? refused : await ask({ request });
  return first ? together.filter(({ at }) => Math.abs(at - first.at) < sameRequestMs) : latest(together);
};

/** Where an id was used again, the last use is meant. */
const latest = (records: readonly AccessRecord[]): readonly AccessRecord[] => {
  const newest = Math.max(...records.map(({ at }) => at));
  return records.filter(({ at }) => newest - at < sameRequestMs);
};

const refusedOf = async (parts: ApiParts, record: AccessRecord): Promise<Refused> => {
  const { verdict } = record;
  const judgement = await parts.desired.call('judge', cameInOf(record));
  const named = verdict.kind === 'denied' ? verdict.rule : undefined;
  const { namespace = '', name = '', rule = 0 } = named ?? {};
  const place = named && (await placeOf(parts, { kind: 'AuthorizationPolicy', namespace, name }, `spec.rules[${rule}]`));
  return { record, judgement, agrees: agrees(verdict, judgement), ...(place && { rule: place }) };
};

const portOf = (address: string): number => Number(/:(\d+)$/.exec(address)?.[1] ?? 0);

/** What the caller's proxy goes by: its route, and how it calls the cluster that it chose. */
const ofCall = async ({ desired }: ApiParts, caller: AccessRecord): Promise<Surroundings> => {
  const { source, request, called: port = 0, upstreamCluster } = caller;
  const pod = desired
    .node()
    .instances.find(({ pod: one }) => one.namespace === source.namespace && one.workload.name === source.workload && one.proxy !== 'none');
  if (!pod || !request || port === 0) return { objects: [] };
  const asked = { host: request.host.replace(/:\d+$/, ''), authority: request.host, port, path: request.path, method: request.method };
  const from = { namespace: pod.pod.namespace, name: pod.pod.name };
  const journey = await desired.call('explain', { request: asked, from });
  const [hop] = journey?.hops ?? [];
  const cluster = hop?.clusters.find(({ name }) => name === upstreamCluster) ?? hop?.clusters[0];
  const objects = distinct([hop?.object, cluster?.object, ...(journey?.concerned ?? [])]);
  return { objects, ...(journey?.outcome.kind === 'refused' && { now: journey.outcome.why }) };
};

/** Each once, the first place of it. */
const distinct = (places: readonly (WrittenPlace | undefined)[]): readonly WrittenPlace[] =>
  [
    ...new Map(
      places
        .filter((place) => place !== undefined)
        .toReversed()
        .map((place) => [`${place.kind} ${place.namespace}/${place.name}`, place]),
    ).values(),
  ].reverse();

const serviceIn = (host: string): ObjectRef | undefined => {
  const [, name, namespace] = /^([^.]+)\.([^.]+)\.svc(?:\.|$)/.exec(host) ?? [];
  return name === undefined || namespace === undefined ? undefined : { kind: 'Service', namespace, name };
};

/** Where nobody was reached the record names no workload: it would have been one that the service selects. */
const selectedBy = async ({ desired }: ApiParts, { kind, namespace, name }: ObjectRef): Promise<string> => {
  const [found] = await desired.call('list', { kind, namespace, name, dependents: false });
  const [service] = found ? ofKind([found.stored.resource], 'Service') : [];
  const selector = service?.spec.selector;
  if (!selector) return '';
  const { instances } = desired.node();
  return (
    instances.find(({ pod }) => pod.namespace === namespace && matchesSelector({ matchLabels: selector }, pod.labels))?.pod.workload.name ??
    ''
  );
};

const ofServer = async (parts: ApiParts, { destination }: AccessRecord): Promise<readonly WrittenPlace[]> => {
  const service = serviceIn(destination.service);
  const workload = destination.workload === '' && service ? await selectedBy(parts, service) : destination.workload;
  const namespace = destination.namespace === '' ? (service?.namespace ?? '') : destination.namespace;
  const mode = (await parts.desired.call('modes', {}))?.workloads
    .find((one) => one.namespace === namespace && one.workload === workload)
    ?.ports.find(({ port }) => port === undefined || port === portOf(destination.address));
  const own = workload === '' ? undefined : await placeOf(parts, { kind: 'Deployment', namespace, name: workload }, '');
  const places = [service && (await placeOf(parts, service, '')), mode?.from, own];
  return places.filter((place) => place !== undefined);
};

const around = async (parts: ApiParts, { caller, server }: SeenHop): Promise<Surroundings> => {
  const one = server ?? caller;
  const call: Surroundings = caller ? await ofCall(parts, caller) : { objects: [] };
  return { ...call, objects: [...call.objects, ...(one ? await ofServer(parts, one) : [])] };
};

/** The rule that refused, that asked who refused, or that lacks least. */
const policyOf = ({ rule, judgement: { hop }, agrees: same }: Refused): readonly WrittenPlace[] => {
  const { by, asks = [], nearest } = (same && hop?.verdict) || {};
  const said = by ?? asks[0] ?? nearest;
  if (rule || !said) return rule ? [rule] : [];
  const { namespace, policy: name, condition: path, file, line } = said;
  return [{ kind: 'AuthorizationPolicy', namespace, name, path, ...(file !== undefined && { file }), ...(line !== undefined && { line }) }];
};

const whyOf = async (parts: ApiParts, id: string): Promise<Why> => {
  const told = await recordsOf(parts, id);
  const refusals = await Promise.all(told.map((record) => connectionOf(parts, record)));
  const records = [...told, ...new Map(refusals.flat().map((record) => [record.refusal?.id, record])).values()];
  if (records.length === 0)
    throw new Refusal(404, `no record has the id ${JSON.stringify(id)}: it was never given, or is forgotten by now`);
  const { hops, cause, about, refusal } = findingsIn(records);
  const refused = refusal && (await refusedOf(parts, refusal));
  const answered = async (hop: SeenHop, index: number): Promise<WhyHop> => {
    const { objects, ...more } = hop.diagnosis ? await around(parts, hop) : { objects: [] };
    const deciding = refused && index === cause ? [...policyOf(refused), ...refused.judgement.concerned] : [];
    return whyHop(hop, { ...more, objects: distinct([...deciding, ...objects]) });
  };
  return {
    id,
    about,
    hops: await Promise.all(hops.map(answered)),
    ...(cause !== undefined && { cause }),
    ...(refused && { refused }),
  };
};

export const whyRoutes: Routes = (server, parts) => {
  server.get<{ Params: { id: string } }>('/why/:id', { config: { role: 'operator' } }, async ({ params }) => whyOf(parts, params.id));
};
