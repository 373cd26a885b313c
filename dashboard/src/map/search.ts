/** The map's part of its URL: a link shows the same map. */
import { type Reach, reachNames } from './moments.ts';

export type BoxBy = 'namespace' | 'application' | 'locality' | 'cluster' | 'none';
export const edgeLabels = [
  ...(['rate', 'share of calls', 'errors', 'mean', 'p50', 'p95', 'p99'] as const),
  ...(['throughput', 'request bytes', 'response bytes', 'protocol', 'protection', 'none'] as const),
] as const;
export type EdgeLabel = (typeof edgeLabels)[number];
/** What a node is: a service with all that is behind it, one workload, one version of a service, or all with one `app` label. */
export const nodeViews = ['services', 'versions', 'workloads', 'applications'] as const;
export type NodeView = (typeof nodeViews)[number];

export const boxings: readonly BoxBy[] = ['namespace', 'application', 'locality', 'cluster', 'none'];

export interface MapSearch {
  readonly view?: 'table';
  readonly nodes?: NodeView;
  readonly box?: BoxBy;
  readonly label?: EdgeLabel;
  /** Expressions: what is marked, and what is left out. */
  readonly find?: string;
  readonly hide?: string;
  /** Node or edge in the panel. */
  readonly sel?: string;
  /** Node whose neighbourhood alone is shown, with its impact. */
  readonly focus?: string;
  /** Services that are shown as their versions. */
  readonly expand?: readonly string[];
  /** Boxes that are closed; where it is absent the map's size decides. */
  readonly closed?: readonly string[];
  /** How far back the time slider reaches. */
  readonly reach?: Reach;
  /** Dots move with the traffic unless it is `false`. */
  readonly dots?: false;
  /** What nobody used, and what vanished, are shown unless it is `false`. */
  readonly idle?: false;
}

const textOf = (value: unknown): string | undefined =>
  (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined;

const listOf = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : undefined;

/** What cannot be read is left out. */
export const readMapSearch = (search: Readonly<Record<string, unknown>>): MapSearch => {
  const box = boxings.find((one) => one === search['box']);
  const nodes = nodeViews.find((one) => one === search['nodes']);
  const label = edgeLabels.find((one) => one === search['label']);
  const reach = reachNames.find((one) => one === search['reach']);
  const [find, hide, sel, focus] = [textOf(search['find']), textOf(search['hide']), textOf(search['sel']), textOf(search['focus'])];
  const [expand, closed] = [listOf(search['expand']), listOf(search['closed'])];
  return {
    ...(search['view'] === 'table' && { view: 'table' as const }),
    ...(nodes && { nodes }),
    ...(box && { box }),
    ...(label && { label }),
    ...(reach && { reach }),
    ...(find && { find }),
    ...(hide && { hide }),
    ...(sel && { sel }),
    ...(focus && { focus }),
    ...(expand && { expand }),
    ...(closed && { closed }),
    ...(search['dots'] === false && { dots: false as const }),
    ...(search['idle'] === false && { idle: false as const }),
  };
};
