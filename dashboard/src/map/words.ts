/** The map in words: on it, in its panel and table, and for who does not see it. */
import type { Health, MtlsState } from '@weft/model';
import type { Tone } from '../kit/parts.tsx';
import { bytes, count, duration, percent } from '../kit/words.ts';
import { failedShare, isPlain, kindWords, type MapEdge, type MapNode, mtlsWords, type Scene, titleOf } from './scene.ts';
import type { BoxBy, EdgeLabel } from './search.ts';

export const perSecond = (value: number): string => `${count(value)}/s`;

/** Below a node's name. */
export const nodeLine = ({ kind, inbound, outbound, isUnused, members, healthWords }: MapNode): string => {
  if (kind === 'group') return `${members} nodes, ${healthWords}`;
  if (isUnused) return 'not used';
  const flow = inbound.requests > 0 || outbound.requests === 0 ? inbound : outbound;
  if (flow.requests === 0) return `${count(flow.connectionsOpened)} connections`;
  const rate = `${perSecond(flow.requestsPerSecond)}${flow === outbound ? ' sent' : ''}`;
  return flow.failed > 0 ? `${rate}, ${percent(failedShare(flow))} failed` : rate;
};

/** On a node; a box says the namespace of all in it. */
export const shortTitle = (node: MapNode, box: BoxBy): string => {
  if (node.kind === 'version') return `${node.name} ${node.versions[0] ?? ''}`.trim();
  return box === 'namespace' || !node.namespace ? (node.kind === 'outside' ? titleOf(node) : node.name) : titleOf(node);
};

const protectionWords: Readonly<Record<MtlsState, string>> = {
  mutual: 'mTLS',
  plaintext: 'plaintext',
  mixed: 'partly mTLS',
  unknown: 'not seen',
};

/** Of all its bytes. */
const sideShare = ({ parts }: MapEdge, side: 'request bytes' | 'response bytes'): number => {
  const received = parts.reduce((total, part) => total + part.bytesReceived, 0);
  const all = parts.reduce((total, part) => total + part.bytesReceived + part.bytesSent, 0);
  const share = all === 0 ? 0 : received / all;
  return side === 'request bytes' ? share : 1 - share;
};

/** @param sent how many requests a node sent in all */
export const edgeLabel = (edge: MapEdge, label: EdgeLabel, sent: (node: string) => number): string => {
  if (label === 'none' || edge.lastSeen !== undefined) return '';
  if (label === 'protocol') return edge.protocol;
  if (label === 'protection') return protectionWords[edge.mtls];
  if (label === 'throughput') return `${bytes(edge.bytesPerSecond)}/s`;
  if (label === 'request bytes' || label === 'response bytes') return `${bytes(edge.bytesPerSecond * sideShare(edge, label))}/s`;
  if (edge.requests === 0) return `${count(edge.connectionsOpened)} conn.`;
  if (label === 'rate') return perSecond(edge.requestsPerSecond);
  if (label === 'errors') return percent(failedShare(edge));
  if (label === 'share of calls') return percent(edge.requests / (sent(edge.from) || edge.requests));
  const time = edge.latency?.[label];
  return time === undefined ? '' : duration(time);
};

export const edgeWords = (edge: MapEdge): string => {
  if (edge.lastSeen !== undefined) return 'there before, and not any more';
  const traffic =
    edge.requests > 0
      ? `${perSecond(edge.requestsPerSecond)}, ${percent(failedShare(edge))} failed${edge.latency ? `, p95 ${duration(edge.latency.p95)}` : ''}`
      : `${count(edge.connectionsOpened)} connections`;
  return `${edge.protocol || 'no protocol known'}, ${traffic}, ${mtlsWords[edge.mtls]}`;
};

export const listed = (names: readonly string[], most = 5): string =>
  names.length > most ? `${names.slice(0, most).join(', ')} and ${names.length - most} more` : names.join(', ');

/** What is said of a node when the keyboard comes to it. */
export const nodeWords = (node: MapNode, { nodes, edges }: Scene): string => {
  const names = new Map(nodes.map((one) => [one.id, titleOf(one)]));
  const named = (ids: readonly string[]): string => listed([...new Set(ids)].map((id) => names.get(id) ?? id));
  const callers = named(edges.filter(({ to }) => to === node.id).map(({ from }) => from));
  const callees = named(edges.filter(({ from }) => from === node.id).map(({ to }) => to));
  const plain = edges.filter((edge) => (edge.to === node.id || edge.from === node.id) && isPlain(edge)).length;
  return [
    `${titleOf(node)}, ${kindWords[node.kind]}, ${node.health}, ${nodeLine(node)}`,
    callers && `called by ${callers}`,
    callees && `calls ${callees}`,
    plain > 0 && `${plain} of its edges are not mTLS`,
  ]
    .filter(Boolean)
    .join('. ');
};

/** What the whole map says, for who does not see it. */
export const sceneWords = ({ nodes, edges }: Scene): string => {
  const bad = nodes.filter(({ health }) => health === 'failing').map(titleOf);
  const live = edges.filter(({ lastSeen }) => lastSeen === undefined);
  const plain = live.filter(isPlain).length;
  const parts = [
    `Map of ${nodes.length} nodes and ${live.length} edges`,
    bad.length > 0 ? `failing: ${listed(bad)}` : 'nothing fails',
    plain > 0 ? `${plain} edges are not mTLS` : 'all that was seen is mutual TLS',
  ];
  return `${parts.join('; ')}. Arrow keys go from node to node, Enter opens one, plus and minus zoom, 0 shows all.`;
};

export const healthTone = (health: Health): Tone => {
  const tones = { healthy: 'good', degraded: 'warn', failing: 'bad', idle: 'plain' } as const;
  return tones[health];
};
