/** Rules of the VirtualServices and policies that have a say about a service: what share of the requests each met, and which met none. */
import { type ConcernedObject, clusterParts, type RouteUse, type RuleUse, type TrafficUse } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Badge, Panel } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { count, moment, percent } from '../kit/words.ts';
import { ObjectLink } from '../security/links.tsx';
import { useSpan } from '../shell/time.ts';

interface Used {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Its place in the object, and what it is called there. */
  readonly rule: string;
  readonly requests: number;
  readonly share?: number;
  readonly failed?: number;
  readonly went: string;
}

const destinationsOf = ({ destinations }: RouteUse): string =>
  destinations
    .map(({ cluster, share }) => {
      const { host, subset, port } = clusterParts(cluster);
      return `${percent(share)} to ${host || cluster}${port ? `:${port}` : ''}${subset ? ` (${subset})` : ''}`;
    })
    .join(', ');

const ofRoute = (route: RouteUse): Used => ({
  ...route,
  rule: route.route === '' ? route.path : `${route.path}, ${route.route}`,
  went: destinationsOf(route),
});

const ofRule = ({ matched, rule, action, ...one }: RuleUse): Used => ({ ...one, rule: `rule ${rule}`, requests: matched, went: action });

const columns: readonly Column<Used>[] = [
  {
    id: 'object',
    name: 'Object',
    value: ({ kind, namespace, name }) => `${kind} ${namespace}/${name}`,
    cell: (one) => <ObjectLink {...one} />,
  },
  { id: 'rule', name: 'Rule', value: ({ rule }) => rule, cell: ({ rule }) => <code>{rule}</code> },
  {
    ...{ id: 'requests', name: 'Requests', number: true },
    value: ({ requests }) => requests,
    cell: ({ requests }) => (requests === 0 ? <Badge tone="warn">matched nothing</Badge> : count(requests)),
  },
  { id: 'share', name: 'Share', number: true, value: ({ share }) => share, cell: ({ share }) => percent(share) },
  { id: 'failed', name: 'Failed', number: true, value: ({ failed }) => failed, cell: ({ failed }) => count(failed) },
  { id: 'went', name: 'Went to, or decided', value: ({ went }) => went },
];

const has = (objects: readonly ConcernedObject[], { kind, namespace, name }: Used): boolean =>
  objects.some((one) => one.kind === kind && one.namespace === namespace && one.name === name);

export const Rules = ({ namespace, objects }: { readonly namespace: string; readonly objects: readonly ConcernedObject[] }) => {
  const { from, to } = useSpan();
  const use = useAsk<TrafficUse>({ path: '/traffic', query: { from, to, namespace }, topics: ['resources'] });
  return (
    <Panel title="Rules that have a say, and what they met">
      <Answer of={use} loading="Looking what rules met">
        {({ routes, rules, since }) => (
          <>
            <Table
              {...{ name: 'Rules', columns, sort: '-requests' }}
              rows={[...routes.map(ofRoute), ...rules.map(ofRule)].filter((one) => has(objects, one))}
              keyOf={({ kind, name, rule }) => `${kind} ${name} ${rule}`}
              empty="No rule has a say: requests go where they are sent."
            />
            {since !== undefined && since > from && <p className="soft">Counted since {moment(since)}.</p>}
          </>
        )}
      </Answer>
    </Panel>
  );
};
