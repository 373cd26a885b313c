import { expect, test } from 'vitest';
import { boxed } from '../boxes.ts';
import { graph } from '../graph.fixture.ts';
import { arranged } from '../layout.ts';
import { type Rect, touches } from './camera.ts';
import { curveOf, pointAt, seenPart } from './curve.ts';
import { edgeAt, nodeAt, nodeBeside } from './hit.ts';
import { labelsOf } from './labels.ts';
import { movedIn, pictureOf } from './picture.ts';

const scene = boxed(graph, []);
const picture = pictureOf({
  scene,
  positions: arranged(scene),
  titleOf: ({ name }) => name,
  lineOf: () => 'a line',
  labelOf: ({ protocol }) => `${protocol} of many`,
  isNodeFound: () => true,
  isEdgeFound: () => true,
});

test('labels cover no node and no other label; what is not mutual TLS always has its lock', () => {
  const labels = labelsOf(picture, 1);
  const nodes = picture.nodes.map(({ rect }) => rect);
  const free = labels.filter(({ drawn }) => !drawn.isPlain).map(({ rect }) => rect);
  expect(free.length).toBeGreaterThan(1);
  const others = (rect: Rect): readonly Rect[] => [...nodes, ...labels.map((label) => label.rect)].filter((one) => one !== rect);
  for (const rect of free) expect(others(rect).filter((one) => touches(one, rect))).toEqual([]);
  expect(labels.filter(({ drawn }) => drawn.isPlain)).toHaveLength(1);
});

test('a node that is dragged takes its edges with it, and nothing else', () => {
  const to = { x: 5_000, y: 5_000 };
  const moved = movedIn(picture, 'service:shop/web', to);
  expect(moved.nodes.map(({ node, rect }) => [node.id, (rect.left + rect.right) / 2])).toEqual([['service:shop/web', 5_000]]);
  expect(moved.edges).toHaveLength(picture.edges.filter(({ edge }) => [edge.from, edge.to].includes('service:shop/web')).length);
  expect(moved.edges.every(({ bounds }) => bounds.right > 4_000)).toBe(true);
});

test('what is below a pointer, and beside a node in a direction', () => {
  const web = picture.nodes.find(({ node }) => node.id === 'service:shop/web');
  const one = picture.edges.find(({ edge }) => edge.from === 'service:shop/web');
  expect(nodeAt(picture, { x: web?.rect.left ?? 0, y: web?.rect.top ?? 0 })).toBe('service:shop/web');
  expect(one && edgeAt(picture, pointAt(one.curve, 0.5), 1)).toBe(one?.edge.id);
  expect(edgeAt(picture, { x: -9_000, y: -9_000 }, 1)).toBeUndefined();
  expect(nodeBeside(picture, 'service:shop/web', 'ArrowLeft')).toBe('workload:shop/traffic');
  expect(nodeBeside(picture, 'workload:shop/traffic', 'ArrowRight')).toBe('service:shop/web');
});

test('of a curve that part is drawn that may be seen', () => {
  const size = { width: 10, height: 10 };
  const curve = curveOf({ at: { x: 0, y: 0 }, size }, { at: { x: 1_000, y: 0 }, size });
  const part = seenPart(curve, { left: 400, right: 500, top: -5, bottom: 5 });
  expect([part?.hasEnd, (part?.curve.a.x ?? 0) <= 400, (part?.curve.a.x ?? 0) > 200, (part?.curve.d.x ?? 0) >= 500]).toEqual([
    false,
    true,
    true,
    true,
  ]);
  expect(seenPart(curve, { left: 400, right: 500, top: 50, bottom: 60 })).toBeUndefined();
  expect(seenPart(curve, { left: 900, right: 2_000, top: -5, bottom: 5 })?.hasEnd).toBe(true);
});
