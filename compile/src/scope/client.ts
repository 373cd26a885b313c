/** Who asks, as far as rules tell clients apart. */
import { type Labels, type Mesh, selects } from '../mesh/index.ts';
import { sourceSelectors, tellsLabelsApart } from './routes.ts';

export interface Client {
  readonly namespace: string;
  readonly labels: Labels;
}

interface ClientSelector {
  /** Absent: clients of every namespace. */
  readonly namespace?: string;
  readonly selector: Labels;
}

/** Selectors by which rules tell clients apart; usually none. */
const clientSelectors = (mesh: Mesh): readonly ClientSelector[] =>
  mesh.memo('client selectors', [mesh.routings, mesh.destinations], () => [
    ...mesh.routings.filter(tellsLabelsApart).flatMap((routing) => sourceSelectors(routing).map((selector) => ({ selector }))),
    ...mesh.destinations.flatMap(({ namespace, selector }) => (selector ? [{ namespace, selector }] : [])),
  ]);

/** Clients with one key are told the same. */
export const clientKey = (mesh: Mesh, { namespace, labels }: Client): string => {
  const relevant = clientSelectors(mesh).filter((one) => one.namespace === undefined || one.namespace === namespace);
  return [namespace, ...relevant.map(({ selector }) => (selects(selector, labels) ? '1' : '0'))].join(' ');
};
