/** Streams that a new policy forbids are ended within a stated time; all others, and all short requests, notice nothing [G22, E31]. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../mesh.ts';
import { policy } from './gate.ts';
import { type Kind, open, type Stream, shortRequests } from './stream-clients.ts';
import { type StreamPlace, startPlace } from './streams.ts';

/** Seconds; 45 in a mesh. */
const drain = 2;

const paths: Readonly<Record<Kind, string>> = { gRPC: '/grpc/stream', WebSocket: '/socket', download: '/download' };
const kinds = Object.keys(paths) as readonly Kind[];

/** At one place one after the other. */
const inTurn = { concurrent: false, timeout: 60_000 };

/** Each is an Envoy of its own, and most of the time is waited: both at once. */
describe.concurrent.each(['sidecar', 'gateway'] as const)('at a %s', (where) => {
  let place: StreamPlace;
  beforeAll(async () => {
    place = await startPlace(where, drain);
  }, 80_000);
  afterAll(() => place?.stop());

  const portOf = (kind: Kind): number => place.ports[kind === 'gRPC' ? 'grpc' : 'web'];
  const opened = async (kind: Kind): Promise<Stream> => {
    const { status, stream } = await open(kind, place.host, portOf(kind));
    expect(status).toBe(kind === 'WebSocket' ? 101 : 200);
    expect(await stream.isAlive()).toBe(true);
    return stream;
  };
  const own = (name: string, spec: object, metadata: object = {}) => policy(name, spec, { namespace: place.namespace, ...metadata });
  const deny = (...named: readonly string[]) => own('deny', { action: 'DENY', rules: [{ to: [{ operation: { paths: named } }] }] });
  const audit = () => own('seen', { action: 'AUDIT', rules: [{}] });
  const tried = () => own('tried', { rules: [] }, { annotations: { 'istio.io/dry-run': 'true' } });

  const isAnswered = (path: string, status: number): Promise<true> =>
    until(`${path} is answered ${status}`, async () => {
      const answer = await fetch(`http://${place.host}:${place.ports.web}${path}`);
      await answer.body?.cancel();
      return answer.status === status || undefined;
    });
  const replaced = (): Promise<number> => place.counter('listener_manager.listener_in_place_updated');

  const aliveAfterDrain = async (streams: readonly Stream[]): Promise<readonly boolean[]> => {
    await sleep(drain * 1000 + 500);
    return Promise.all(streams.map((stream) => stream.isAlive()));
  };

  test('what allows more, or decides nothing, ends none and replaces no chain', inTurn, async () => {
    const first = await replaced();
    place.change(deny('/none', '/other'));
    await until('the chain is replaced', async () => (await replaced()) > first || undefined);
    const streams = await Promise.all(kinds.map(opened));
    const before = await replaced();
    place.change(deny('/none'), audit(), tried());
    await sleep(100);
    place.change(own('all', { rules: [{}] }));
    expect(await aliveAfterDrain(streams)).toEqual(kinds.map(() => true));
    expect(await replaced()).toBe(before);
    for (const stream of streams) stream.close();
  });

  test('what forbids them ends them in time, comes anew to 403, and loses no short request', inTurn, async () => {
    const streams = await Promise.all(kinds.map(opened));
    const short = shortRequests(place.host, place.ports.web);
    await sleep(300);
    const since = Date.now();
    place.change(deny(...Object.values(paths)));
    await isAnswered('/download', 403);
    await until('all have ended', () => streams.every((stream) => stream.endedAt() !== undefined) || undefined);
    for (const stream of streams) {
      const lasted = (stream.endedAt() ?? 0) - since;
      expect(lasted).toBeGreaterThan(drain * 500);
      expect(lasted).toBeLessThan(drain * 1000 + 3000);
    }
    for (const kind of kinds) expect((await open(kind, place.host, portOf(kind))).status).toBe(403);
    await sleep(200);
    const { served, lost } = await short.stop();
    expect(lost).toEqual([]);
    expect(served).toBeGreaterThan(50);
    expect(place.refusals).toEqual([]);
  });

  // This gateway has one port for all.
  if (where === 'gateway') return;
  test('what forbids them at one port ends none at others', inTurn, async () => {
    place.change();
    await isAnswered('/socket', 200);
    const streams = await Promise.all(kinds.map(opened));
    place.change(own('deny', { action: 'DENY', rules: [{ to: [{ operation: { ports: [`${place.ports.grpc}`] } }] }] }));
    expect(await aliveAfterDrain(streams)).toEqual(kinds.map((kind) => kind !== 'gRPC'));
    for (const stream of streams) stream.close();
  });
});
