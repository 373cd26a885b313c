/** Boxes around nodes; a closed one is one node, with the sums of what passes its border. */
import type { Health } from '@weft/model';
import { edgeId, type Graph, merged } from './graph.ts';
import { type MapEdge, type MapNode, type Scene, sum } from './scene.ts';

/** More nodes than these are shown as boxes until somebody opens one: fewer names can be read at once than drawn. */
export const openUpTo = 150;

const severity: readonly Health[] = ['failing', 'degraded', 'healthy', 'idle'];

const groupId = (box: string): string => `group:${box}`;

const groupOf = (box: string, members: readonly MapNode[], edges: readonly MapEdge[]): MapNode => {
  const health = severity.find((one) => members.some((member) => member.health === one)) ?? 'idle';
  const worst = members.filter((member) => member.health === health);
  const id = groupId(box);
  return {
    ...{ id, kind: 'group', namespace: box, name: box, health, members: members.length },
    healthWords: `${worst.length} of ${members.length} ${health}`,
    workloads: [...new Set(members.flatMap(({ workloads }) => workloads))],
    versions: [],
    marks: [],
    inbound: sum(edges.filter(({ to }) => to === id)),
    outbound: sum(edges.filter(({ from }) => from === id)),
    isUnused: members.every(({ isUnused }) => isUnused),
  };
};

/** @param closed names of boxes; undefined: all of a map that is too large */
export const boxed = ({ nodes, edges }: Graph, closed: readonly string[] | undefined): Scene => {
  const byBox = Map.groupBy(nodes, ({ box }) => box);
  const groups = new Map([...byBox].flatMap(([box, members]) => (box === undefined ? [] : [[box, members.length] as const])));
  const isClosed = (box: string | undefined): box is string =>
    box !== undefined && (closed ? closed.includes(box) : nodes.length > openUpTo);
  const shownAs = new Map(nodes.map(({ id, box }) => [id, isClosed(box) ? groupId(box) : id]));
  const passing = edges.flatMap((edge) => {
    const [from, to] = [shownAs.get(edge.from) ?? edge.from, shownAs.get(edge.to) ?? edge.to];
    if (from === to && edge.from !== edge.to) return [];
    return [from === edge.from && to === edge.to ? edge : { ...edge, from, to, id: edgeId(from, to, edge.protocol) }];
  });
  const drawn = [...Map.groupBy(passing, ({ id }) => id).values()].flatMap((same) => merged(same) ?? []);
  const shown = [...byBox].flatMap(([box, members]) => (isClosed(box) ? [groupOf(box, members, drawn)] : members));
  const boxes = [...groups.keys()].filter((box) => !isClosed(box)).sort();
  return { nodes: shown, edges: drawn, boxes, groups };
};
