import { expect, test } from 'vitest';
import { Federation } from './federation.ts';
import { parseExposition } from './parse.ts';

test('families stand together, and every sample says whose it is', () => {
  const one = parseExposition('# TYPE hits_total counter\nhits_total{pod="forged"} 1\n# TYPE up gauge\nup 1\n', 'text').families;
  const other = parseExposition('# TYPE hits_total counter\nhits_total 2\n', 'text').families;
  const all = new Federation('text');
  all.add({ target: { pod: 'a' }, families: one });
  all.add({ target: { pod: 'b' }, families: other });
  expect([...all.text()].join('')).toBe(
    '# TYPE hits_total counter\nhits_total{pod="a"} 1\nhits_total{pod="b"} 2\n# TYPE up gauge\nup{pod="a"} 1\n',
  );
});

test('OpenMetrics ends once, whoever is in it', () => {
  const { families } = parseExposition('# TYPE hits counter\nhits_total 1\n# EOF\n', 'openmetrics');
  const all = new Federation('openmetrics');
  for (const pod of ['a', 'b']) all.add({ target: { pod }, families });
  expect([...all.text()].join('')).toBe('# TYPE hits counter\nhits_total{pod="a"} 1\nhits_total{pod="b"} 1\n# EOF\n');
});
