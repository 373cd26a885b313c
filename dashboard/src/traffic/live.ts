/** What rules and destinations really get, of what was measured. */
import { type DestinationSettings, type HttpRouteSettings, ofKind, type Resource, type SignalsAnswer } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { useSpan } from '../shell/time.ts';

export interface Live {
  readonly versions?: SignalsAnswer;
  readonly services?: SignalsAnswer;
  readonly routes?: SignalsAnswer;
}

const suffix = '.svc.cluster.local';

/** A host as Istio reads it: a short name is in the own namespace. */
export const fullHost = (host: string, namespace: string): string => {
  if (host.endsWith(suffix)) return host;
  return host.includes('.') ? host : `${host}.${namespace}${suffix}`;
};

const useSignals = (of: string): SignalsAnswer | undefined => {
  const { from, to } = useSpan();
  return useAsk<SignalsAnswer>({ path: '/signals', query: { of, from, to }, topics: ['signals'] }).data;
};

export const useLive = (): Live => {
  const versions = useSignals('version');
  const services = useSignals('service');
  const routes = useSignals('route');
  return { ...(versions && { versions }), ...(services && { services }), ...(routes && { routes }) };
};

interface Place {
  readonly all: readonly Resource[];
  readonly namespace: string;
}

type Labels = Readonly<Record<string, string>>;

const total = (answer: SignalsAnswer | undefined, fits: (labels: Labels) => boolean): number | undefined =>
  answer?.items.filter(({ labels }) => fits(labels)).reduce((sum, { requests }) => sum + requests, 0);

/** Requests that a destination got, whichever rule sent them; undefined: it cannot be told. */
export const requestsOf = (destination: DestinationSettings, { all, namespace }: Place, live: Live): number | undefined => {
  const host = fullHost(destination.host, namespace);
  if (destination.subset === undefined) return total(live.services, (labels) => labels['destination_service'] === host);
  const rule = ofKind(all, 'DestinationRule').find(({ spec, metadata }) => fullHost(spec.host, metadata.namespace) === host);
  const version = rule?.spec.subsets?.find(({ name }) => name === destination.subset)?.labels?.['version'];
  const service = ofKind(all, 'Service').find(({ metadata }) => `${metadata.name}.${metadata.namespace}${suffix}` === host);
  if (version === undefined || !service) return undefined;
  const canonical = service.spec.selector?.['app'] ?? service.metadata.name;
  return total(
    live.versions,
    (labels) =>
      labels['destination_version'] === version &&
      labels['destination_canonical_service'] === canonical &&
      labels['destination_workload_namespace'] === service.metadata.namespace,
  );
};

const hostsOf = ({ route = [] }: HttpRouteSettings, namespace: string): readonly string[] =>
  route.map(({ destination }) => fullHost(destination.host, namespace));

/** Rules without a name that lead to one of these hosts, of all VirtualServices. */
const unnamedTo = (hosts: readonly string[], all: readonly Resource[]): number =>
  ofKind(all, 'VirtualService').reduce(
    (sum, { spec, metadata }) =>
      sum + (spec.http ?? []).filter((rule) => !rule.name && hostsOf(rule, metadata.namespace).some((host) => hosts.includes(host))).length,
    0,
  );

/** Requests that a rule took. Records name rules by their `name`; several without one cannot be told from each other: undefined. */
export const requestsOfRule = (rule: HttpRouteSettings, { all, namespace }: Place, { routes }: Live): number | undefined => {
  const hosts = hostsOf(rule, namespace);
  if (!rule.name && unnamedTo(hosts, all) > 1) return undefined;
  return total(routes, (labels) => (labels['route'] ?? '') === (rule.name ?? '') && hosts.includes(labels['destination_service'] ?? ''));
};
