/** The map as a table: the same edges and nodes, sorted, searched and exported. */
import { useMemo } from 'react';
import { Badge, Panel } from '../kit/parts.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { bytes, duration, moment, percent } from '../kit/words.ts';
import { useSetSearch } from '../shell/time.ts';
import { Controls } from './Controls.tsx';
import type { Shown } from './read.ts';
import { failedShare, isPlain, kindWords, type MapEdge, type MapNode, markWords, mtlsWords, titleOf } from './scene.ts';
import type { MapSearch } from './search.ts';
import { perSecond } from './words.ts';

const Open = ({ id, title }: { readonly id: string; readonly title: string }) => {
  const set = useSetSearch();
  return (
    <button type="button" className="button plain" onClick={() => set({ sel: id, view: undefined })}>
      {title}
    </button>
  );
};

const edgeColumns = (titles: ReadonlyMap<string, string>): readonly Column<MapEdge>[] => [
  {
    id: 'from',
    name: 'From',
    value: ({ from }) => titles.get(from),
    cell: ({ from }) => <Open id={from} title={titles.get(from) ?? from} />,
  },
  { id: 'to', name: 'To', value: ({ to }) => titles.get(to), cell: ({ to }) => <Open id={to} title={titles.get(to) ?? to} /> },
  { id: 'protocol', name: 'Protocol', value: ({ protocol }) => protocol },
  {
    id: 'rate',
    name: 'Requests',
    number: true,
    value: ({ requestsPerSecond }) => requestsPerSecond,
    cell: ({ requestsPerSecond }) => perSecond(requestsPerSecond),
  },
  {
    id: 'errors',
    name: 'Failed',
    number: true,
    value: failedShare,
    cell: (edge) => percent(edge.requests > 0 ? failedShare(edge) : undefined),
  },
  { id: 'p95', name: 'p95 (ms)', number: true, value: ({ latency }) => latency?.p95, cell: ({ latency }) => duration(latency?.p95) },
  {
    id: 'bytes',
    name: 'Bytes per second',
    number: true,
    value: ({ bytesPerSecond }) => bytesPerSecond,
    cell: ({ bytesPerSecond }) => `${bytes(bytesPerSecond)}/s`,
  },
  { id: 'connections', name: 'Connections', number: true, value: ({ connectionsOpened }) => connectionsOpened },
  {
    id: 'mtls',
    name: 'Protection',
    value: ({ mtls }) => mtlsWords[mtls],
    cell: (edge) => <Badge tone={isPlain(edge) ? 'warn' : edge.mtls === 'mutual' ? 'good' : 'plain'}>{mtlsWords[edge.mtls]}</Badge>,
  },
  { id: 'health', name: 'Health', value: ({ health }) => health },
  {
    id: 'seen',
    name: 'Vanished after',
    value: ({ lastSeen }) => lastSeen,
    cell: ({ lastSeen }) => (lastSeen === undefined ? '' : moment(lastSeen)),
  },
];

const nodeColumns: readonly Column<MapNode>[] = [
  { id: 'node', name: 'Node', value: titleOf, cell: (node) => <Open id={node.id} title={titleOf(node)} /> },
  { id: 'kind', name: 'Kind', value: ({ kind }) => kindWords[kind] },
  { id: 'box', name: 'Box', value: ({ box }) => box },
  { id: 'versions', name: 'Versions', value: ({ versions }) => versions.join(', ') },
  {
    id: 'in',
    name: 'Requests in',
    number: true,
    value: ({ inbound }) => inbound.requestsPerSecond,
    cell: ({ inbound }) => perSecond(inbound.requestsPerSecond),
  },
  {
    id: 'errors',
    name: 'Failed',
    number: true,
    value: ({ inbound }) => failedShare(inbound),
    cell: ({ inbound }) => percent(inbound.requests > 0 ? failedShare(inbound) : undefined),
  },
  {
    id: 'out',
    name: 'Requests out',
    number: true,
    value: ({ outbound }) => outbound.requestsPerSecond,
    cell: ({ outbound }) => perSecond(outbound.requestsPerSecond),
  },
  { id: 'health', name: 'Health', value: ({ health }) => health },
  {
    id: 'marks',
    name: 'Marks',
    value: ({ marks }) => marks.map((mark) => markWords[mark]).join(', '),
  },
  { id: 'used', name: 'Used', value: ({ isUnused }) => (isUnused ? 'not used' : 'used') },
];

export const Twin = ({ shown, search }: { readonly shown: Shown; readonly search: MapSearch }) => {
  const { scene, found } = shown;
  const columns = useMemo(() => edgeColumns(new Map(scene.nodes.map((node) => [node.id, titleOf(node)]))), [scene]);
  const edges = found ? scene.edges.filter(({ id }) => found.edges.has(id)) : scene.edges;
  const nodes = found ? scene.nodes.filter(({ id }) => found.nodes.has(id)) : scene.nodes;
  return (
    <div className="stack">
      <Controls search={search} shown={shown} />
      <Panel title="Edges">
        <Table name="Edges" rows={edges} columns={columns} keyOf={({ id }) => id} sort="-rate" empty="Nobody called anybody." />
      </Panel>
      <Panel title="Nodes">
        <Table name="Nodes" rows={nodes} columns={nodeColumns} keyOf={({ id }) => id} sort="node" />
      </Panel>
    </div>
  );
};
