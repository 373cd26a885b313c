import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Family, type Format, formatOf } from './exposition.ts';
import { merged } from './merge.ts';
import { parseExposition } from './parse.ts';
import { writeExposition } from './write.fixture.ts';
import { contentTypes } from './write.ts';

const text = String.raw`# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000
# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\DIR\\FILE.TXT",error="Cannot find file:\n\"FILE.TXT\"",} 1.458255915e9
metric_without_timestamp_and_labels 12.47
something_weird{problem="division by zero"} +Inf -3982045
# TYPE http_request_duration_seconds histogram
http_request_duration_seconds_bucket{le="0.05"} 24054
http_request_duration_seconds_bucket{le="+Inf"} 144320
http_request_duration_seconds_sum 53423
http_request_duration_seconds_count 144320
# TYPE nothing gauge
`;

describe('0.0.4', () => {
  test('the example of its own page', () => {
    const { families, faults } = parseExposition(text, 'text');
    expect(faults).toEqual([]);
    expect(families.map(({ name, type, samples }) => [name, type, samples.length])).toEqual([
      ['http_requests', 'counter', 2],
      ['msdos_file_access_time_seconds', 'unknown', 1],
      ['metric_without_timestamp_and_labels', 'unknown', 1],
      ['something_weird', 'unknown', 1],
      ['http_request_duration_seconds', 'histogram', 4],
    ]);
    expect(families[0]?.help).toBe('The total number of HTTP requests.');
    expect(families[0]?.samples[1]).toEqual({
      name: 'http_requests_total',
      labels: { method: 'post', code: '400' },
      value: 3,
      at: 1395066363000,
    });
    expect(families[1]?.samples[0]?.labels).toEqual({ path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find file:\n"FILE.TXT"' });
    expect(families[3]?.samples[0]).toMatchObject({ value: Infinity, at: -3982045 });
  });

  test('a gauge and a counter that differ by the suffix only stay two', () => {
    const both = '# TYPE jobs gauge\njobs 3\n# TYPE jobs_total counter\njobs_total 8\n';
    const { families, faults } = parseExposition(both, 'text');
    expect(faults).toEqual([]);
    expect(families.map(({ name, type }) => [name, type])).toEqual([
      ['jobs', 'gauge'],
      ['jobs_total', 'counter'],
    ]);
    expect(writeExposition(families, 'text')).toBe(both);
  });

  test.each([
    ['no metric', '{a="b"} 1'],
    ['cannot be read from column 4', 'up{a="b} 1'],
    ['`a` stands twice', 'up{a="b",a="c"} 1'],
    ['cannot be read', 'up{1a="b"} 1'],
    ['a value was expected at column 4', 'up one'],
    ['a value was expected', 'up 0x10'],
    ['a value was expected', 'up 1 2 3'],
    ['nothing more was expected', 'up 1 # {} 1'],
    ['more than 128 labels', `up{${Array.from({ length: 129 }, (_, index) => `l${index}=""`).join(',')}} 1`],
    ['a line of 70010 characters', `up{a="${'x'.repeat(70_000)}"} 1`],
  ])('a line is told for: %s', (message, line) => {
    const { families, faults } = parseExposition(`before 1\n${line}\nafter 2\n`, 'text');
    expect(faults).toEqual([{ line: 2, message: expect.stringContaining(message) }]);
    expect(families.map(({ name }) => name)).toEqual(['before', 'after']);
  });

  test('a label may be called as nothing else may', () => {
    const { families } = parseExposition('up{__proto__="x",constructor="y"} 1', 'text');
    expect(Object.entries(families[0]?.samples[0]?.labels ?? {})).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});

describe('OpenMetrics', () => {
  const metrics = `# TYPE foo_seconds counter
# UNIT foo_seconds seconds
foo_seconds_total{a="x"} 17.5 1520879607.789 # {trace_id="KOO5S4vxi0o"} 0.67
foo_seconds_created{a="x"} 1520430000.123
# TYPE bar histogram
bar_bucket{le="+Inf"} 17 # {trace_id="oHg5SJYRHA0"} 9.8 1520879607.789
bar_count 17
# EOF
`;

  test('exemplars, units and seconds', () => {
    const { families, faults } = parseExposition(metrics, 'openmetrics');
    expect(faults).toEqual([]);
    expect(families[0]).toMatchObject({ name: 'foo_seconds', type: 'counter', unit: 'seconds' });
    expect(families[0]?.samples[0]).toEqual({
      name: 'foo_seconds_total',
      labels: { a: 'x' },
      value: 17.5,
      at: 1520879607789,
      exemplar: { labels: { trace_id: 'KOO5S4vxi0o' }, value: 0.67 },
    });
    expect(families[1]?.samples[0]?.exemplar).toEqual({ labels: { trace_id: 'oHg5SJYRHA0' }, value: 9.8, at: 1520879607789 });
    expect(writeExposition(families, 'openmetrics')).toBe(metrics);
    expect(writeExposition(families, 'text')).toBe(
      '# TYPE foo_seconds_total counter\nfoo_seconds_total{a="x"} 17.5 1520879607789\n' +
        '# TYPE bar histogram\nbar_bucket{le="+Inf"} 17\nbar_count 17\n',
    );
  });

  test('a text that was cut off says so', () => {
    expect(parseExposition('up 1\n', 'openmetrics').faults).toEqual([{ message: 'the text ends before `# EOF`' }]);
    expect(parseExposition('up 1\n# EOF\nno sample at all', 'openmetrics').faults).toEqual([]);
  });

  test('it is known by the content type', () => {
    expect(Object.entries(contentTypes).map(([format, type]) => [format, formatOf(type)])).toEqual([
      ['text', 'text'],
      ['openmetrics', 'openmetrics'],
    ]);
    expect(formatOf('')).toBe('text');
  });
});

describe('what was written is read as it was', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
  const anyText = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom('\\', '"', '\n', '\\n', '},{', ' # {'));
  const labels = fc.dictionary(word, anyText, { maxKeys: 4 });
  const value = fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.constant(Infinity)).map((number) => number + 0);
  const families = fc
    .uniqueArray(
      word.filter((name) => !name.includes('_')),
      { maxLength: 4 },
    )
    .chain((names) =>
      fc.tuple(
        ...names.map((name) =>
          fc
            .array(fc.record({ name: fc.constant(`${name}_total`), labels, value }), { minLength: 1, maxLength: 3 })
            .map((samples): Family => ({ name, type: 'counter', samples })),
        ),
      ),
    );

  test.each<Format>(['text', 'openmetrics'])('%s', (format) =>
    fc.assert(
      fc.property(families, (written) => {
        const read = parseExposition(writeExposition(written, format), format);
        expect(read).toEqual({ families: written, faults: [] });
      }),
    ),
  );

  test('whatever a text is, reading it neither throws nor stalls', () => {
    const pieces = fc.constantFrom('up', '{', '}', 'a="b"', 'a="', '\\', ',', ' ', '1', '# TYPE up counter', '\n', '# {', 'NaN', '"', '=');
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 60 }), fc.constantFrom<Format>('text', 'openmetrics'), (parts, format) => {
        parseExposition(parts.join(''), format);
      }),
    );
    const start = performance.now();
    parseExposition(`up{a="${'\\"'.repeat(30_000)}\nup{${'a="b",'.repeat(10_000)}`, 'text');
    expect(performance.now() - start).toBeLessThan(500);
  });
});

describe('with an application', () => {
  const proxy = parseExposition('# TYPE istio_requests_total counter\nistio_requests_total 5\n', 'text').families;

  test('its metrics follow the proxy’s, and none of them speaks for the mesh', () => {
    const application = parseExposition('istio_requests_total 900\nenvoy_x 1\njobs{a="1"} 1\njobs{a="1"} 2\nbroken{\n', 'text');
    const { families, faults } = merged(proxy, application);
    expect(writeExposition(families, 'text')).toBe(
      '# TYPE istio_requests_total counter\nistio_requests_total 5\n# TYPE jobs untyped\njobs{a="1"} 1\n',
    );
    expect(faults.map(({ message }) => message)).toEqual([
      'the labels cannot be read from column 8 on',
      "`istio_requests_total` is the proxy's to say; the application's is left out",
      "`envoy_x` is the proxy's to say; the application's is left out",
      "the application's `jobs` has one series twice; the first counts",
    ]);
  });
});
