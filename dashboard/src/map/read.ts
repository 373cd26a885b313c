/** What the map asks weftd for, and the scene that it makes of the answers. */
import type { ObjectiveStatus, StoredObject, Topology } from '@weft/model';
import type { MtlsReport } from '@weft/signals';
import { useMemo } from 'react';
import { useAsk } from '../api/ask.ts';
import { useMay } from '../api/session.ts';
import { rhythmOf, useShared, useSpan } from '../shell/time.ts';
import { boxed } from './boxes.ts';
import { type Expression, type Found, foundIn, readExpression, without } from './expression.ts';
import { focused } from './focus.ts';
import { type Graph, graphOf } from './graph.ts';
import { ruledBy } from './marks.ts';
import { judgedBy } from './objectives.ts';
import { placesOf, type Workloads } from './places.ts';
import type { Scene } from './scene.ts';
import type { MapSearch } from './search.ts';
import { sendersOf, withSenders } from './senders.ts';

interface Items<T> {
  readonly items: readonly T[];
}

const none: Items<never> = { items: [] };
const noWorkloads: Workloads = { items: [], cluster: '' };
const noReport: Pick<MtlsReport, 'workloads'> = { workloads: [] };

/** What is kept of them is asked for the past and the present alike. */
const useTopology = () => {
  const { ns } = useShared();
  const span = useSpan();
  const { from, to } = span;
  return useAsk<Topology>({ path: '/edges', query: { from, to, namespace: ns }, ...rhythmOf(span) });
};

const usePlain = (topology: Topology | undefined) => {
  const { at } = useShared();
  const { from, to } = useSpan();
  // Who sent what tells of people: operators may see it.
  const isOperator = useMay('operator');
  const isPlain = topology?.edges.some(({ mtls, caller }) => mtls !== 'mutual' && caller.kind === 'outside') ?? false;
  // Who had an address is known of pods that run: of the past nobody is named.
  return useAsk<MtlsReport>({
    path: '/mtls',
    query: { windowMs: to - from },
    topics: ['topology'],
    enabled: isOperator && isPlain && at === undefined,
  });
};

export const useMapAnswers = () => {
  const { at } = useShared();
  const topology = useTopology();
  const plain = usePlain(topology.data);
  const workloads = useAsk<Workloads>({ path: '/workloads', topics: ['workloads'] });
  // As they were in the revision that was in force then; weftd forgets what is older than its history.
  const revision = at === undefined ? undefined : topology.data?.revisions.at(-1);
  const services = useAsk<Items<StoredObject>>({ path: '/resources/Service', query: { revision }, topics: ['resources'] });
  const virtualServices = useAsk<Items<StoredObject>>({ path: '/resources/VirtualService', query: { revision }, topics: ['resources'] });
  const destinationRules = useAsk<Items<StoredObject>>({ path: '/resources/DestinationRule', query: { revision }, topics: ['resources'] });
  const objectives = useAsk<Items<ObjectiveStatus>>({ path: '/slos', topics: ['signals', 'resources'], restMs: 30_000 });
  return { topology, plain, workloads, services, objectives, virtualServices, destinationRules };
};

type Answers = ReturnType<typeof useMapAnswers>;

const useGraph = ({ topology, plain, workloads, services, objectives, ...rules }: Answers, search: MapSearch): Graph => {
  const { ns, at } = useShared();
  const { nodes = 'services', box = 'namespace', expand, idle } = search;
  const [virtualServices, destinationRules] = [rules.virtualServices.data, rules.destinationRules.data];
  const ruled = useMemo(
    () => ruledBy((virtualServices ?? none).items, (destinationRules ?? none).items),
    [virtualServices, destinationRules],
  );
  return useMemo(() => {
    if (!topology.data) return { nodes: [], edges: [] };
    const stored = (services.data ?? none).items;
    const edges = withSenders(topology.data.edges, sendersOf({ ...noReport, ...(at === undefined && plain.data) } as MtlsReport));
    return graphOf({
      topology: { ...topology.data, edges },
      places: placesOf(workloads.data ?? noWorkloads, stored),
      services: stored.map(({ resource: { metadata } }) => `${metadata.namespace}/${metadata.name}`),
      boxBy: box,
      isExpanded: (service) => expand?.includes(service) ?? false,
      judged: at === undefined ? judgedBy((objectives.data ?? none).items) : () => undefined,
      view: nodes,
      ruled,
      withIdle: idle !== false,
      ...(ns !== undefined && { namespace: ns }),
    });
  }, [topology.data, plain.data, workloads.data, services.data, objectives.data, ruled, nodes, box, expand, idle, ns, at]);
};

export interface Shown {
  /** All that there is, before anything was left out: what breaks is told of it. */
  readonly graph: Graph;
  readonly scene: Scene;
  /** Undefined: nothing is looked for. */
  readonly found?: Found;
  /** Expressions that cannot be read, by the field that they stand in. */
  readonly problems: { readonly find?: string; readonly hide?: string };
}

const expressionIn = (text: string | undefined): { readonly expression?: Expression; readonly problem?: string } =>
  text === undefined || text.trim() === '' ? {} : readExpression(text);

export const useShown = (answers: Answers, search: MapSearch): Shown => {
  const graph = useGraph(answers, search);
  const { find, hide, focus, closed } = search;
  return useMemo(() => {
    const [finding, hiding] = [expressionIn(find), expressionIn(hide)];
    const left = hiding.expression ? without(graph, hiding.expression) : graph;
    const scene = boxed(focus ? focused(left, focus) : left, closed);
    return {
      graph,
      scene,
      ...(finding.expression && { found: foundIn(scene, finding.expression) }),
      problems: { ...(finding.problem && { find: finding.problem }), ...(hiding.problem && { hide: hiding.problem }) },
    };
  }, [graph, find, hide, focus, closed]);
};
