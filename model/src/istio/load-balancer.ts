/** `loadBalancer` of a traffic policy, and the mesh's own `localityLbSetting`: Istio's admission, and what has no effect. */
import { parseDuration } from '../duration.ts';
import { doubtful, type Problem } from '../problem.ts';
import { type Field, invalid, withoutEffect } from '../rule.ts';
import { isHeaderName } from '../text/header.ts';
import { checkDurations, type DurationText } from './duration.ts';

export interface LocalityLbSettings {
  readonly enabled?: boolean;
  readonly distribute?: readonly { readonly from?: string; readonly to?: Readonly<Record<string, number>> }[];
  readonly failover?: readonly { readonly from?: string; readonly to?: string }[];
  readonly failoverPriority?: readonly string[];
}

export interface ConsistentHashSettings {
  readonly httpHeaderName?: string;
  readonly httpCookie?: {
    readonly name: string;
    readonly path?: string;
    readonly ttl?: DurationText;
    readonly attributes?: readonly { readonly name?: string; readonly value?: string }[];
  };
  readonly useSourceIp?: boolean;
  readonly httpQueryParameterName?: string;
  readonly ringHash?: { readonly minimumRingSize?: number };
  readonly maglev?: { readonly tableSize?: number };
  /** Deprecated, for `ringHash.minimumRingSize`. */
  readonly minimumRingSize?: number;
}

export interface LoadBalancerSettings {
  /** LEAST_CONN is the old name of LEAST_REQUEST [S53]. */
  readonly simple?: 'UNSPECIFIED' | 'LEAST_CONN' | 'LEAST_REQUEST' | 'RANDOM' | 'PASSTHROUGH' | 'ROUND_ROBIN';
  readonly consistentHash?: ConsistentHashSettings;
  readonly localityLbSetting?: LocalityLbSettings;
  readonly warmup?: { readonly duration?: DurationText; readonly minimumPercent?: number; readonly aggression?: number };
  /** Deprecated, for `warmup.duration`. */
  readonly warmupDurationSecs?: DurationText;
}

/** Envoy's limit of a ring, minimum and maximum both; a larger minimum it refuses. */
const largestRing = 8_388_608;
/** Envoy's limit of a Maglev table. */
const largestTable = 5_000_011;

const isPrime = (number: number): boolean => {
  if (number < 4) return number > 1;
  for (let factor = 2; factor * factor <= number; factor += 1) if (number % factor === 0) return false;
  return true;
};

function* checkTable({ maglev, ringHash, minimumRingSize }: ConsistentHashSettings, path: string): Iterable<Problem> {
  if (minimumRingSize) {
    yield doubtful('IST0002', `${path}.minimumRingSize`, ['`minimumRingSize` is deprecated here', 'Write it under `ringHash`.']);
    if (maglev || ringHash)
      yield invalid(
        `${path}.minimumRingSize`,
        'it excludes `ringHash` and `maglev`',
        'Keep one of them; `minimumRingSize` is the old form.',
      );
  }
  const rings = [
    [`${path}.minimumRingSize`, minimumRingSize],
    [`${path}.ringHash.minimumRingSize`, ringHash?.minimumRingSize],
  ] as const;
  for (const [at, size = 0] of rings) {
    if (size > largestRing) yield invalid(at, `a ring has at most ${largestRing} entries`, `Write ${largestRing} or less.`);
  }
  const size = maglev?.tableSize ?? 0;
  if (maglev && (size >= largestTable || !isPrime(size)))
    yield invalid(`${path}.maglev.tableSize`, `${size} is no prime below ${largestTable}`, 'Write a prime number, such as 65537.');
}

/** What a cookie's parts may not hold: they end it, or the header. */
const endsCookie = (text: string): boolean => [...text].some((character) => character === ';' || character < ' ' || character === '\u007f');

function* checkCookie(cookie: NonNullable<ConsistentHashSettings['httpCookie']>, path: string): Iterable<Problem> {
  const { name, path: ofCookie = '', attributes = [] } = cookie;
  if (!isHeaderName(name)) yield invalid(`${path}.name`, `\`${name.slice(0, 80)}\` is no cookie name`, 'Use letters, digits, `-` and `_`.');
  if (endsCookie(ofCookie)) yield invalid(`${path}.path`, 'a path with `;` or a control character', 'Remove it.');
  yield* checkDurations(cookie, path, { fields: ['ttl'], zero: true });
  const seen = new Set<string>();
  for (const [index, { name: attribute = '', value = '' }] of attributes.entries()) {
    const at = `${path}.attributes[${index}]`;
    if (!isHeaderName(attribute))
      yield invalid(`${at}.name`, `\`${attribute.slice(0, 80)}\` is no attribute`, 'Write one, such as `SameSite`.');
    else if (seen.has(attribute)) yield invalid(`${at}.name`, `\`${attribute}\` stands twice`, 'Remove one of them.');
    if (endsCookie(value)) yield invalid(`${at}.value`, 'a value with `;` or a control character', 'Remove it.');
    seen.add(attribute);
  }
}

function* checkConsistentHash(hash: ConsistentHashSettings, path: string): Iterable<Problem> {
  const { httpHeaderName, httpCookie, useSourceIp, httpQueryParameterName } = hash;
  if (httpHeaderName !== undefined && httpHeaderName !== '' && !isHeaderName(httpHeaderName.replace(/^:/, '')))
    yield invalid(`${path}.httpHeaderName`, `\`${httpHeaderName.slice(0, 80)}\` is no header name`, 'Use letters, digits and `-`.');
  if (httpCookie) yield* checkCookie(httpCookie, `${path}.httpCookie`);
  if (!httpHeaderName && !httpCookie && !useSourceIp && !httpQueryParameterName)
    yield doubtful('IST0133', path, [
      'nothing says what requests are hashed by: they are spread at random',
      'Add `httpHeaderName`, `httpCookie`, `useSourceIp: true` or `httpQueryParameterName`.',
    ]);
  yield* checkTable(hash, path);
}

/** Whether entries of a list, `region/zone/subzone` with `*` at the end at most, say something of one place twice. */
function* checkLocalities(localities: readonly string[], path: string): Iterable<Problem> {
  const before: (readonly string[])[] = [];
  for (const text of localities) {
    const parts = text.split('/');
    const stars = [...text].filter((character) => character === '*').length;
    if (parts.length > 3 || parts.some((part) => part === ''))
      yield invalid(path, `\`${text.slice(0, 80)}\` is no locality`, 'Write `region`, `region/zone` or `region/zone/subzone`.');
    else if (stars > 1 || (stars === 1 && parts.at(-1) !== '*'))
      yield invalid(path, `\`${text.slice(0, 80)}\`: \`*\` stands alone, once, and last`, 'Write, for example, `region/*`.');
    const open = parts.filter((part) => part !== '*');
    if (before.some((other) => other.every((part, i) => i >= open.length || part === open[i])))
      yield invalid(path, `\`${text.slice(0, 80)}\` overlaps with an entry before it`, 'Remove one of them.');
    before.push(open);
  }
}

function* checkDistribute({ distribute = [] }: LocalityLbSettings, path: string): Iterable<Problem> {
  for (const [index, { to = {} }] of distribute.entries()) {
    const at = `${path}.distribute[${index}].to`;
    const weights = Object.values(to);
    const sum = weights.reduce((total, weight) => total + weight, 0);
    if (weights.some((weight) => weight < 1 || weight > 100))
      yield invalid(at, 'a weight is not between 1 and 100', 'Leave out what gets nothing.');
    else if (sum !== 100) yield invalid(at, `the weights add up to ${sum}`, 'Make them add up to 100.');
    yield* checkLocalities(Object.keys(to), at);
  }
  yield* checkLocalities(
    distribute.map(({ from = '' }) => from),
    `${path}.distribute`,
  );
}

function* checkFailover({ failover = [] }: LocalityLbSettings, path: string): Iterable<Problem> {
  for (const [index, { from = '', to = '' }] of failover.entries()) {
    const at = `${path}.failover[${index}]`;
    if (from === to) yield invalid(at, 'it leads from a region to itself', 'Name two regions.');
    if (/[/*]/.test(from + to)) yield invalid(at, 'it names regions only, without `/` and `*`', 'Write the two regions.');
  }
}

const topology = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone'];

/** @param outlier whether somebody notices that endpoints fail */
export function* checkLocalitySetting(setting: LocalityLbSettings, path: string, outlier: boolean): Iterable<Problem> {
  const { distribute = [], failover = [], failoverPriority = [] } = setting;
  if (distribute.length > 0 && failover.length > 0)
    yield invalid(path, '`distribute` and `failover` exclude each other', 'Remove one of them.');
  if (failover.length > 0 && failoverPriority.some((label) => topology.includes(label)))
    yield invalid(`${path}.failoverPriority`, '`failover` decides about regions, zones and subzones', 'Leave these labels out.');
  if (distribute.length > 0 && failoverPriority.length > 0)
    yield doubtful('IST0133', `${path}.failoverPriority`, ['it has no effect beside `distribute`', 'Remove one of them.']);
  if ((failover.length > 0 || failoverPriority.length > 0) && !outlier)
    yield doubtful('IST0133', path, [
      'nobody notices that endpoints fail, so nothing fails over',
      'Add an `outlierDetection` beside `loadBalancer`.',
    ]);
  yield* checkDistribute(setting, path);
  yield* checkFailover(setting, path);
}

function* checkWarmup({ simple, consistentHash, warmup, warmupDurationSecs }: LoadBalancerSettings, path: string): Iterable<Problem> {
  if (warmupDurationSecs !== undefined)
    yield doubtful('IST0002', `${path}.warmupDurationSecs`, ['`warmupDurationSecs` is deprecated', 'Write `warmup: {duration: …}`.']);
  if (warmup) yield* checkDurations(warmup, `${path}.warmup`, { fields: ['duration'] });
  if (warmup?.aggression !== undefined && warmup.aggression < 1)
    yield invalid(`${path}.warmup.aggression`, `${warmup.aggression} is less than 1`, 'Write 1 or more.');
  const isIgnored = consistentHash || simple === 'RANDOM' || simple === 'PASSTHROUGH';
  const field = warmup ? 'warmup' : 'warmupDurationSecs';
  if (isIgnored && (warmup || (warmupDurationSecs && parseDuration(warmupDurationSecs))))
    yield doubtful('IST0133', `${path}.${field}`, [
      'only ROUND_ROBIN and LEAST_REQUEST warm endpoints up',
      'Remove it, or use one of them.',
    ]);
}

/** Of releases after 1.29. */
const later: readonly Field[] = [{ field: 'zoneAwareLbSetting', message: 'zones are not preferred' }];

export function* checkLoadBalancer(settings: LoadBalancerSettings, path: string, outlier: boolean): Iterable<Problem> {
  yield* withoutEffect(settings, path, later);
  if (settings.simple === 'LEAST_CONN')
    yield doubtful('IST0002', `${path}.simple`, ['`LEAST_CONN` is the old name of `LEAST_REQUEST`', 'Write `LEAST_REQUEST`.']);
  if (settings.consistentHash) yield* checkConsistentHash(settings.consistentHash, `${path}.consistentHash`);
  if (settings.localityLbSetting) yield* checkLocalitySetting(settings.localityLbSetting, `${path}.localityLbSetting`, outlier);
  yield* checkWarmup(settings, path);
}
