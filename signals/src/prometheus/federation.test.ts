import { expect, test } from 'vitest';
import { federated } from './federation.ts';
import { parseExposition } from './parse.ts';
import { writeExposition } from './write.ts';

test('families stand together, and every sample says whose it is', () => {
  const one = parseExposition('# TYPE hits_total counter\nhits_total{pod="forged"} 1\n# TYPE up gauge\nup 1\n', 'text').families;
  const other = parseExposition('# TYPE hits_total counter\nhits_total 2\n', 'text').families;
  const all = federated([
    { target: { pod: 'a' }, families: one },
    { target: { pod: 'b' }, families: other },
  ]);
  expect(writeExposition(all, 'text')).toBe(
    '# TYPE hits_total counter\nhits_total{pod="a"} 1\nhits_total{pod="b"} 2\n# TYPE up gauge\nup{pod="a"} 1\n',
  );
});
