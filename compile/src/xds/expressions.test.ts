/** What people write of expressions and formats in objects of kind Telemetry: what is taken Envoy takes, and what it would not take is refused [E60]. */
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '@weft/envoy';
import { flawOfLogFormat, readExpression } from '@weft/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findEnvoy } from '../../../agent/src/envoy-binary.ts';
import { complaint, type Validator } from '../../property/validate.ts';

let validator: Validator;

beforeAll(async () => {
  const envoy = await findEnvoy({ env: process.env, userHome: homedir(), log: () => {} });
  validator = { envoy, folder: await mkdtemp(join(tmpdir(), 'weft-expressions-')) };
}, 120_000);

afterAll(() => rm(validator.folder, { recursive: true, force: true }));

const extensions = 'type.googleapis.com/envoy.extensions';

const file = (format: JsonObject = {}): JsonObject => ({
  '@type': `${extensions}.access_loggers.file.v3.FileAccessLog`,
  path: '/dev/null',
  ...format,
});

const onCondition = (expression: string): JsonObject => {
  const celConfig = { enable_string_conversion: true, enable_string_concat: true, enable_string_functions: true };
  const config = { '@type': `${extensions}.access_loggers.filters.cel.v3.ExpressionFilter`, expression, cel_config: celConfig };
  return { name: 'file', filter: { extension_filter: { name: 'cel', typed_config: config } }, typed_config: file() };
};

const withLabel = (expression: string): JsonObject => {
  const stat = { name: 'one', tags: [{ name: 'label', value_format: `%CEL(${expression})%` }] };
  const config = { stats_scope: { prefix: '' }, counters: [{ stat, value_fixed: 1 }] };
  return { name: 'stats', typed_config: { '@type': `${extensions}.access_loggers.stats.v3.Config`, ...config } };
};

const inFormat = (format: string): JsonObject => ({
  name: 'file',
  typed_config: file({ log_format: { text_format_source: { inline_string: format } } }),
});

const refused = (logs: readonly JsonObject[]): Promise<string> => {
  const proxy = {
    '@type': `${extensions}.filters.network.tcp_proxy.v3.TcpProxy`,
    stat_prefix: 'x',
    cluster: 'none',
    access_log: [...logs],
  };
  const filters = [{ name: 'tcp', typed_config: proxy }];
  const address = { socket_address: { address: '127.0.0.1', port_value: 0 } };
  const clusters = [{ name: 'none', connect_timeout: '1s' }];
  return complaint(validator, { static_resources: { clusters, listeners: [{ name: 'one', address, filter_chains: [{ filters }] }] } });
};

const both = [
  'response.code >= 500 || request.url_path.startsWith("/admin")',
  "has(request.headers.a) ? request.headers['a'] : 'none'",
  'request.path.matches("^/a{2,3}$") && !connection.mtls',
  "size(request.path) + 1 > 2 && 'x' in request.headers",
  'request.time.getHours() < 6',
  "metadata.filter_metadata['a']['b'] == 'c'",
  Array(50).fill("request.host == 'a'").join(' && '),
  `${'('.repeat(20)}1${')'.repeat(20)} == 1`,
];
const conditions = [
  ...both,
  "string(response.code).startsWith('5')",
  "request.host.lowerAscii().split('.')[0] == 'a'",
  "'a)%b' == request.path",
];
const values = [...both, 'string(destination.port)', 'request.host', "'%START_TIME%'", '1 % 2'];
const formats = [
  '[%START_TIME(%Y/%m)%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH):20%" 100%%',
  '%FILTER_STATE(a:PLAIN)% %DYNAMIC_METADATA(a:b)% %GRPC_STATUS(NUMBER)% %ENVIRONMENT(HOME)% %PATH(NQ:ORIG)%',
  '%CEL(request.path)% %COMMON_DURATION(DS_RX_BEG:DS_RX_END:us)% %METADATA(CLUSTER:a:b)% %QUERY_PARAM(a)%',
];

test('what is taken, Envoy takes', { timeout: 60_000 }, async () => {
  const texts = (expressions: readonly string[], use: 'condition' | 'value'): readonly string[] =>
    expressions.map((expression) => {
      const read = readExpression(expression, use);
      if (typeof read === 'string') throw new Error(`${expression}: ${read}`);
      return read.text;
    });
  expect(formats.map(flawOfLogFormat)).toEqual(formats.map(() => undefined));
  const logs = [...texts(conditions, 'condition').map(onCondition), ...texts(values, 'value').map(withLabel), ...formats.map(inFormat)];
  expect(await refused(logs)).toBe('');
});

describe('what Envoy would not take is refused', () => {
  const bad: readonly (readonly [string, 'condition' | 'value' | 'format'])[] = [
    ['response.code >=', 'condition'],
    ['nope(1)', 'condition'],
    ['[1, 2].exists(x, x > 1)', 'condition'],
    ['request.path.matches("(")', 'condition'],
    ['request.path.startsWith()', 'condition'],
    ["request.headers[?'a']", 'condition'],
    ['package == 1', 'condition'],
    [Array(60).fill('1').join('+'), 'condition'],
    [`${'('.repeat(60)}1${')'.repeat(60)}`, 'condition'],
    ["string(response.code) + 'x'", 'value'],
    ["'a'.lowerAscii()", 'value'],
    ["'a)%b'", 'value'],
    ['%NO_SUCH_WORD%', 'format'],
    ['100%', 'format'],
    ['%REQ%', 'format'],
    ['%REQ(a b)%', 'format'],
    ['%DURATION:5%', 'format'],
    ['%FILTER_STATE(a:X)%', 'format'],
    ['%CEL(1 +)%', 'format'],
  ];

  test.each(bad)('%s, as %s', { timeout: 60_000 }, async (text, use) => {
    const flaw = use === 'format' ? flawOfLogFormat(text) : readExpression(text, use);
    expect(flaw).toBeTypeOf('string');
    const log = { condition: onCondition, value: withLabel, format: inFormat }[use](text);
    expect(await refused([log])).not.toBe('');
  });
});
