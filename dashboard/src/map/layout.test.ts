import fc from 'fast-check';
import { expect, test } from 'vitest';
import { boxed } from './boxes.ts';
import { graph } from './graph.fixture.ts';
import { type Link, layered } from './layered.ts';
import { arranged, isOther, type Positions, sizeOf, withNewcomers } from './layout.ts';
import { boxRects, nodeRect, type Rect, touches } from './paint/camera.ts';
import type { Scene } from './scene.ts';

const gaps = { x: 40, y: 10 };
const item = (id: string) => ({ id, width: 100, height: 40 });
const scene = boxed(graph, []);

const rectsOf = ({ nodes }: Scene, positions: Positions): readonly Rect[] =>
  nodes.flatMap((node) => nodeRect(positions.get(node.id), sizeOf(node)) ?? []);

const overlaps = (rects: readonly Rect[]): number =>
  rects.reduce((count, one, index) => count + rects.slice(index + 1).filter((other) => touches(one, other)).length, 0);

test('who calls stands left of who is called, in circles too, and those without links below', () => {
  const links: readonly Link[] = [
    ['a', 'b'],
    ['b', 'c'],
    ['a', 'd'],
    ['c', 'a'],
  ];
  const { places, height } = layered(['a', 'b', 'c', 'd', 'lone'].map(item), links, gaps);
  const x = (id: string): number => places.get(id)?.x ?? Number.NaN;
  expect([x('a') < x('b'), x('b') < x('c'), x('b') === x('d')]).toEqual([true, true, true]);
  expect(places.get('lone')?.y).toBe(height - 20);
});

test('whoever calls whomever, nothing covers anything', () => {
  const name = fc.integer({ min: 0, max: 30 }).map(String);
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1 }), fc.array(fc.tuple(name, name), { maxLength: 80 }), (names, links) => {
      const { places, width, height } = layered(names.map(item), links, gaps);
      const rects = names.flatMap((id) => nodeRect(places.get(id), { width: 99, height: 39 }) ?? []);
      expect(rects).toHaveLength(names.length);
      expect(overlaps(rects)).toBe(0);
      expect(rects.every(({ left, right, top, bottom }) => left >= 0 && top >= 0 && right <= width && bottom <= height)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('boxes stand beside each other, each with its nodes alone', () => {
  const positions = arranged(scene);
  expect(overlaps(rectsOf(scene, positions))).toBe(0);
  const boxes = [...boxRects(scene, positions).values()];
  expect(boxes).toHaveLength(3);
  expect(overlaps(boxes)).toBe(0);
});

test('what is there stays when figures change, when something leaves, and when something comes', () => {
  const before = arranged(scene);
  const [gone, ...rest] = scene.nodes;
  const less = withNewcomers(before, { ...scene, nodes: rest });
  expect(rest.every(({ id }) => less.get(id) === before.get(id))).toBe(true);
  expect(less.has(gone?.id ?? '')).toBe(false);
  const again = withNewcomers(less, scene);
  expect(rest.every(({ id }) => again.get(id) === before.get(id))).toBe(true);
  expect(overlaps(rectsOf(scene, again))).toBe(0);
});

test('who comes stands right of who calls it', () => {
  const all = arranged(scene);
  const known = new Map([...all].filter(([id]) => id !== 'service:shop/cart'));
  const placed = withNewcomers(known, scene);
  expect((placed.get('service:shop/cart')?.x ?? 0) > (placed.get('service:shop/web')?.x ?? 0)).toBe(true);
});

test('a few newcomers are no other map, many are', () => {
  const all = arranged(scene);
  const without = (count: number): Positions => new Map([...all].slice(count));
  expect([isOther(without(1), scene), isOther(without(5), scene), isOther(new Map(), scene)]).toEqual([false, true, true]);
});

test('1,000 nodes and 5,000 edges are laid out in the time of a few frames', () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `n${index}`);
  const links = Array.from({ length: 5_000 }, (_, index): Link => [`n${(index * 7) % 1_000}`, `n${(index * 13 + 1) % 1_000}`]);
  const begin = performance.now();
  expect(layered(names.map(item), links, gaps).places.size).toBe(1_000);
  expect(performance.now() - begin).toBeLessThan(3_000);
});
