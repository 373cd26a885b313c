/**
 * The catalogue of attacks on real Envoys over HTTP/1.1 and HTTP/2 [G20]: each row's tricks are refused, what only looks like them is
 * served, and policies say of what servers saw what Envoy said. Where its rows are shown:
 *
 * - A1-A15, A17-A22, A26-A30, A32, A36, A38 here; A1-A15, A18, A38 byte for byte and as Istio has them in e2e/security/reading.test.ts
 * - A4, A10, A11, A21 as findings in compile/golden/authorization/doubtful-rules; A33 in compile/golden/gateway/policy-ports
 * - A16 e2e/security/misdirected.test.ts; A26 by 10,000 names compile/src/xds/near-names.test.ts; A29, A30 e2e/security/addresses.test.ts
 * - A23-A25, A39 e2e/authorization/connections.test.ts; A31, A37 compile/golden/authorization/mistakes; A34 e2e/security/tokens.test.ts
 * - A35 weftd/src/jwks; A40 e2e/first-byte.test.ts; A41 e2e/security/custom.test.ts; A43 e2e/traffic/gateway-tls.test.ts
 * - A45 e2e/security/changes.test.ts; what Istio does instead: variants.test.ts
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Peer } from '../traffic/loopback.ts';
import { type Row, rows } from './catalogue.ts';
import { type Court, judged, openCourt } from './court.ts';
import { type Call, type Protocol, protocols } from './line.ts';
import { policies } from './policies.ts';

const places = ['sidecar', 'gateway'] as const;
const courts = new Map<string, Court>();

beforeAll(async () => {
  for (const court of await Promise.all(places.map((place) => openCourt(place, policies)))) courts.set(court.name, court);
});

afterAll(() => Promise.all([...courts.values()].map((court) => court.stop())));

interface Asking {
  readonly court: Court;
  readonly protocol: Protocol;
  readonly caller?: Peer;
}

/** What was not refused, or not served, as it should have been. */
const wrong = async (
  calls: readonly Call[],
  wanted: 'refused' | 'served',
  { court, protocol, caller }: Asking,
): Promise<readonly string[]> => {
  const lines = { guarded: court.line('guarded', protocol, caller), open: court.line('open', protocol, caller) };
  const faults: string[] = [];
  for (const call of calls) {
    const { answer, fault } = await judged(court, call, lines);
    const outcome = answer.seen || answer.status === 200 ? 'served' : 'refused';
    if (fault !== undefined || outcome !== wanted) faults.push(`${JSON.stringify(call)}: ${answer.status} ${fault ?? ''}`);
  }
  lines.guarded.close();
  lines.open.close();
  return faults;
};

const isFor = ({ only }: Row, place: (typeof places)[number], protocol: Protocol): boolean =>
  (only?.place ?? place) === place && (only?.protocol ?? protocol) === protocol;

describe.each(places)('at the %s', (place) => {
  describe.each(protocols)('%s', (protocol) => {
    test.each(rows.filter((row) => isFor(row, place, protocol)))('$key: $trick', async ({ refused, served = [], callers }) => {
      const court = courts.get(place);
      if (!court) throw new Error(`there is no ${place}`);
      court.arrivals.length = 0;
      const asking = { court, protocol };
      expect(await wrong(refused, 'refused', asking)).toEqual([]);
      expect(await wrong(served, 'served', asking)).toEqual([]);
      // A gateway asks for no certificates here; those that do are in e2e/security/authorization.test.ts.
      if (place === 'sidecar')
        for (const wanted of ['refused', 'served'] as const)
          for (const name of callers?.[wanted] ?? [])
            expect([name, await wrong(refused, wanted, { ...asking, caller: await court.issue(name) })]).toEqual([name, []]);
      expect(court.arrivals.filter((arrival) => !court.mayPass(arrival))).toEqual([]);
    });
  });
});

/** What Envoys say to each other and to servers, which no caller may say for them. */
const proxysOwn = [
  ...['attempt-count', 'decorator-operation', 'downstream-service-cluster', 'downstream-service-node', 'expected-rq-timeout-ms'],
  ...['external-address', 'force-trace', 'hedge-on-per-try-timeout', 'immediate-health-check-fail', 'internal', 'ip-tags'],
  ...['is-timeout-retry', 'local-overloaded', 'max-retries', 'original-method', 'original-path', 'original-url', 'overloaded'],
  ...['ratelimited', 'rate-limited', 'retriable-header-names', 'retriable-status-codes', 'retry-grpc-on', 'retry-on', 'degraded'],
  ...['upstream-alt-stat-name', 'upstream-canary', 'upstream-host-address', 'upstream-host-name', 'upstream-rq-per-try-timeout-ms'],
  ...['upstream-rq-timeout-alt-response', 'upstream-rq-timeout-ms', 'upstream-service-time', 'upstream-stream-duration-ms'],
  ...['original-dst-host', 'peer-metadata', 'peer-metadata-id', 'config-source', 'original-host'],
].map((name) => `x-envoy-${name}`);
const said = [...proxysOwn, 'x-forwarded-client-cert'];
/** Of which servers' own proxies take the word of none but the mesh's. */
const saidInside = said.filter((name) =>
  /(-external-address|-decorator-operation|-service-cluster|-service-node|-internal|-client-cert)$/.test(name),
);

/** The gateway's own ids are random and in hexadecimal digits: they may have these four in them. */
const isTheirs = ([name, value]: readonly [string, string]): boolean => name !== 'x-request-id' && /(^|\W)7331(\W|$)/.test(value);

test('A32: of what proxies say nothing comes from strangers', async () => {
  const passed: string[] = [];
  for (const [place, court] of courts) {
    for (const protocol of protocols) {
      const line = court.line('guarded', protocol);
      for (const name of place === 'gateway' ? said : saidInside) {
        const { seen } = await line.ask({ headers: [[name, '7331']] });
        if (!seen || seen.headers.some(isTheirs)) passed.push(`${place} ${protocol} ${name}`);
      }
      line.close();
    }
  }
  expect(said.length).toBeGreaterThanOrEqual(40);
  expect(courts.size).toBe(2);
  expect(passed).toEqual([]);
});

test.each(['application/grpc', 'application/grpc-web', 'application/grpc-web-text+proto'])(
  'A38: calls in %s are judged as others',
  async (type) => {
    for (const court of courts.values()) {
      for (const protocol of protocols) {
        court.arrivals.length = 0;
        const line = court.line('guarded', protocol);
        for (const path of ['/admin', '/secret/Get', '/vault/1/key'])
          await line.ask({
            method: 'POST',
            path,
            headers: [['content-type', type], ...(protocol === 'HTTP/2' ? [['te', 'trailers'] as const] : [])],
          });
        line.close();
        expect(court.arrivals).toEqual([]);
      }
    }
  },
);
