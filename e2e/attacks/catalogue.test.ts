/**
 * The catalogue of attacks on real Envoys over HTTP/1.1 and HTTP/2 [G20]: each row's tricks are refused, what only looks like them is
 * served, and policies say of what servers saw what Envoy said. Its other rows: A16 in e2e/security/misdirected.test.ts, A23 to A25 and
 * A39 in e2e/authorization, A31, A33, A35 and A37 where they are compiled and keys are fetched, A34 in e2e/security/tokens.test.ts,
 * A40 in e2e/first-byte.test.ts, A41 in e2e/security/custom.test.ts, A43 in e2e/traffic, A45 in e2e/security/changes.test.ts.
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
