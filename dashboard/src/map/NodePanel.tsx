/** A node: how it does, who calls it and whom it calls, and what breaks if it stops. */
import type { Topology } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Badge } from '../kit/parts.tsx';
import { percent } from '../kit/words.ts';
import { whereOf } from '../services/asked.ts';
import { useSetSearch, useSpan } from '../shell/time.ts';
import type { Where } from '../signals/ask.ts';
import { type AnswersProps, Charts, Codes, Traces } from './Answers.tsx';
import { Flows } from './Flows.tsx';
import { ServiceLink, To, WorkloadLink } from './links.tsx';
import { Icon } from './paint/icons.tsx';
import { Rates } from './Rates.tsx';
import type { Shown } from './read.ts';
import { failedShare, isPlain, kindWords, type MapEdge, type MapNode, markWords, titleOf } from './scene.ts';
import type { MapSearch } from './search.ts';
import { healthTone, perSecond } from './words.ts';

const EdgeList = ({
  title,
  edges,
  end,
  shown,
}: {
  readonly title: string;
  readonly edges: readonly MapEdge[];
  readonly end: 'from' | 'to';
  readonly shown: Shown;
}) => {
  const set = useSetSearch();
  if (edges.length === 0) return undefined;
  const names = new Map(shown.scene.nodes.map((node) => [node.id, titleOf(node)]));
  return (
    <section>
      <h3>{title}</h3>
      <table className="table" aria-label={title}>
        <tbody>
          {edges.map((edge) => (
            <tr key={edge.id}>
              <th scope="row">
                <button type="button" className="button plain" onClick={() => set({ sel: edge.id })}>
                  {names.get(edge[end]) ?? edge[end]}
                </button>
              </th>
              <td>{edge.lastSeen === undefined ? edge.protocol : 'vanished'}</td>
              <td className="number">{perSecond(edge.requestsPerSecond)}</td>
              <td className={edge.failed > 0 ? 'number bad' : 'number'}>{edge.requests > 0 ? percent(failedShare(edge)) : '-'}</td>
              <td>{isPlain(edge) && <Badge tone="warn">not mTLS</Badge>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
};

/** Istio's labels of what a node answered; of a gateway and of those outside, what they were answered. */
const askedOf = ({ kind, namespace, name, workloads }: MapNode): AnswersProps | undefined => {
  if (kind === 'group') return undefined;
  if (kind === 'outside') return { where: { source_workload: 'unknown' }, seenBy: 'servers' };
  if (kind === 'external') return { where: { destination_service: name }, seenBy: 'callers' };
  if (kind === 'gateway') return { where: { source_workload: name, source_workload_namespace: namespace }, seenBy: 'callers' };
  if (kind === 'service') return { where: whereOf({ namespace, name }), seenBy: 'servers' };
  const where: Where = {
    destination_workload: workloads.map((workload) => workload.split('/')[1] ?? workload),
    destination_workload_namespace: namespace,
  };
  return { where, seenBy: 'servers' };
};

/** As the API knows a node. */
const apiNode = ({ kind, namespace, name }: MapNode): string | undefined => {
  if (kind === 'group') return undefined;
  if (kind === 'outside') return 'outside';
  return namespace ? `${namespace}/${name}` : name;
};

const named = (nodes: readonly string[], nobody: string): string =>
  nodes.length === 0 ? nobody : nodes.map((node) => (node === 'outside' ? 'callers from outside' : node)).join(', ');

const Impact = ({ node }: { readonly node: MapNode }) => {
  const { from, to } = useSpan();
  const asked = apiNode(node);
  const answer = useAsk<Topology>({
    path: '/edges',
    query: { from, to, node: asked },
    topics: ['topology'],
    enabled: asked !== undefined && !node.isUnused,
  });
  const impact = answer.data?.impact?.node === asked ? answer.data?.impact : undefined;
  if (node.isUnused) return <p>Nobody called it in this time, nor did it call anybody: nothing is seen to break if it stops.</p>;
  if (!impact) return undefined;
  return (
    <dl>
      <dt>If it stops, these break</dt>
      <dd>{named(impact.upstream, 'nobody: none called it')}</dd>
      <dt>It needs</dt>
      <dd>{named(impact.downstream, 'nobody')}</dd>
    </dl>
  );
};

const Actions = ({ node, search, shown }: { readonly node: MapNode; readonly search: MapSearch; readonly shown: Shown }) => {
  const set = useSetSearch();
  const { expand = [], focus } = search;
  const service = `${node.namespace}/${node.name}`;
  const isExpanded = expand.includes(service);
  if (node.kind === 'group')
    return (
      <button
        type="button"
        className="button"
        onClick={() =>
          set({
            closed: [...shown.scene.groups.keys()].filter((box) => box !== node.name && !shown.scene.boxes.includes(box)),
            sel: undefined,
          })
        }
      >
        Open this box
      </button>
    );
  return (
    <div className="tools">
      <button
        type="button"
        className="button"
        aria-pressed={focus === node.id}
        onClick={() => set({ focus: focus === node.id ? undefined : node.id })}
      >
        {focus === node.id ? 'Show the whole map' : 'Show what is hit'}
      </button>
      {node.kind === 'service' && (
        <button
          type="button"
          className="button"
          aria-pressed={isExpanded}
          onClick={() => set({ expand: isExpanded ? expand.filter((one) => one !== service) : [...expand, service] })}
        >
          {isExpanded ? 'As one service' : 'Show versions'}
        </button>
      )}
    </div>
  );
};

const Links = ({ node: { kind, namespace, name, workloads } }: { readonly node: MapNode }) => (
  <ul>
    {kind === 'service' && (
      <>
        <li>
          <ServiceLink of={`${namespace}/${name}`} />
        </li>
        <li>
          <To path="/traffic" search={{ service: `${namespace}/${name}` }}>
            its routes
          </To>
        </li>
        <li>
          <To path="/security/access" search={{ server: `${namespace}/${name}` }}>
            records of calls to it
          </To>
        </li>
      </>
    )}
    {kind !== 'group' &&
      workloads.map((workload) => (
        <li key={workload}>
          <WorkloadLink of={workload} />
        </li>
      ))}
  </ul>
);

export const NodePanel = ({ node, shown, search }: { readonly node: MapNode; readonly shown: Shown; readonly search: MapSearch }) => {
  const { edges } = shown.scene;
  const [into, outOf] = [edges.filter(({ to }) => to === node.id), edges.filter(({ from }) => from === node.id)];
  const asked = askedOf(node);
  return (
    <>
      <h2>
        <Icon name={node.kind} /> {titleOf(node)}
      </h2>
      <div className="tools">
        <Badge>{kindWords[node.kind]}</Badge>
        <Badge tone={healthTone(node.health)}>{node.health}</Badge>
        {node.isUnused && <Badge>not used</Badge>}
        {node.marks.map((mark) => (
          <Badge key={mark} tone={mark === 'bare' ? 'warn' : 'plain'}>
            {markWords[mark]}
          </Badge>
        ))}
        {node.versions.map((version) => (
          <Badge key={version}>{version}</Badge>
        ))}
      </div>
      <p className="soft">{node.healthWords}</p>
      <Actions {...{ node, search, shown }} />
      {!node.isUnused && node.inbound.requests + node.inbound.connectionsOpened > 0 && <Flows flow={node.inbound} />}
      <Rates into={into} outOf={outOf} />
      <EdgeList title="Called by" edges={into} end="from" shown={shown} />
      <EdgeList title="Calls" edges={outOf} end="to" shown={shown} />
      <Impact node={node} />
      {asked && !node.isUnused && <Codes {...asked} />}
      {asked && !node.isUnused && <Charts {...asked} />}
      {node.kind === 'service' && <Traces service={`${node.namespace}/${node.name}`} />}
      <Links node={node} />
    </>
  );
};
