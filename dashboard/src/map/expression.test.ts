import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foundIn, readExpression, without } from './expression.ts';
import { graph } from './graph.fixture.ts';

const found = (text: string): readonly (readonly string[])[] => {
  const read = readExpression(text);
  if ('problem' in read) return [[read.problem]];
  const { nodes, edges } = foundIn(graph, read.expression);
  return [[...nodes].sort(), [...edges].sort()];
};

const ends = (text: string): readonly string[] => found(text)[1] ?? [];

test('names, kinds and what is configured find nodes, with the edges that begin or end there', () => {
  const around = ['service:shop/cart > service:warehouse/inventory tcp', 'service:shop/web > service:shop/cart http'];
  expect(found('ns=shop name=cart')).toEqual([['service:shop/cart'], around]);
  expect(found('ware')[0]).toEqual(['service:warehouse/inventory', 'service:warehouse/ledger']);
  expect(found('name=c*')[0]).toEqual(['service:shop/cart', 'service:shop/catalog']);
  expect(found('unused')[0]).toEqual(['service:warehouse/inventory', 'service:warehouse/ledger']);
  expect(found('__proto__=0')).toEqual([[expect.stringMatching(/nothing is called __proto__ here/)]]);
  expect(found('constructor')).toEqual([[], []]);
  expect(found('NS=shop')).toEqual([[expect.stringMatching(/nothing is called NS here/)]]);
  expect(found('bare')[0]).toEqual(['workload:legacy/batch']);
});

test('conditions of edges find them, with the nodes at their ends', () => {
  expect(ends('error>10%')).toEqual(['service:shop/web > service:shop/catalog http']);
  expect(ends('error>5% rate>100')).toEqual([]);
  expect(ends('!mtls !gone')).toEqual(['workload:legacy/batch > service:shop/catalog http']);
  expect(ends('p95>0.2s')).toEqual(['service:shop/web > service:shop/catalog http']);
  expect(ends('gone')).toEqual(['service:shop/cart > service:warehouse/inventory tcp']);
  expect(ends('ns=warehouse protocol=tcp')).toEqual(['service:shop/cart > service:warehouse/inventory tcp']);
  expect(found('error>10%')[0]).toEqual(['service:shop/catalog', 'service:shop/web']);
});

test('what cannot be read is said in words', () => {
  expect(found('error>many')).toEqual([['error> needs a number, like error>1%']]);
  expect(found('ns>shop')).toEqual([['ns can only be compared by =']]);
  expect(found('rate>')).toEqual([['rate> is not finished: name, = or > or <, and a value']]);
});

test('hides nodes with their edges, or edges alone', () => {
  const hidden = (text: string) => {
    const read = readExpression(text);
    return 'problem' in read ? graph : without(graph, read.expression);
  };
  expect(hidden('ns=legacy').nodes).toHaveLength(graph.nodes.length - 1);
  expect(hidden('ns=legacy').edges.some(({ from }) => from === 'workload:legacy/batch')).toBe(false);
  expect(hidden('gone').nodes).toHaveLength(graph.nodes.length);
  expect(hidden('gone').edges).toHaveLength(graph.edges.length - 1);
});

test('whatever is typed is read or refused in words, and what is turned round finds the others', () => {
  const word = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc
      .tuple(
        fc.constantFrom('', '!', '!!'),
        fc.constantFrom('ns', 'rate', 'error', 'p95', 'kind', 'constructor', '__proto__', 'toString'),
        fc.constantFrom('', '=', '>', '<', '=0', '>1%', '<1.5k', '=*'),
      )
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 2 }), (words) => {
      const read = readExpression(words.join(' '));
      if ('problem' in read) expect(read.problem).not.toBe('');
      else expect(foundIn(graph, read.expression).nodes.size).toBeLessThanOrEqual(graph.nodes.length);
    }),
    { numRuns: process.env['WEFT_LONG'] ? 100_000 : 300 },
  );
  fc.assert(
    fc.property(fc.constantFrom('ns=shop', 'kind=service', 'cart', 'unused', 'routed'), (text) => {
      const [one, other] = [found(text)[0] ?? [], found(`!${text}`)[0] ?? []];
      expect([...one, ...other].sort()).toEqual(graph.nodes.map(({ id }) => id).sort());
    }),
  );
});
