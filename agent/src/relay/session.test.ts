import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { typeUrls } from '@weft/envoy';
import { DeltaDiscoveryResponseSchema, ResourceSchema } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { beforeEach, describe, expect, test } from 'vitest';
import { readEnvelope } from './envelope.ts';
import { type Request, Session } from './session.ts';
import type { Configuration } from './subscription.ts';

const { CDS, EDS, LDS, RDS } = typeUrls;

const request = (typeUrl: string, more: Partial<Request> = {}): Request => ({
  typeUrl,
  subscribe: [],
  unsubscribe: [],
  initialVersions: {},
  nonce: '',
  ...more,
});
const resource = (name: string, version: string) => ({
  name,
  version,
  bytes: toBinary(ResourceSchema, create(ResourceSchema, { name, version })),
});
const envelope = (typeUrl: string, nonce: string, versions: Record<string, string> = {}, removed: string[] = []) => ({
  typeUrl,
  nonce,
  resources: Object.entries(versions).map(([name, version]) => resource(name, version)),
  removed,
  rest: [],
});
const configuration = (types: Record<string, Record<string, string>>): Configuration =>
  new Map(
    Object.entries(types).map(([type, versions]) => [
      type,
      new Map(Object.entries(versions).map(([name, version]) => [name, resource(name, version)])),
    ]),
  );
const seen = (bytes: Uint8Array) => {
  const { nonce, typeUrl, resources, removedResources } = fromBinary(DeltaDiscoveryResponseSchema, bytes);
  return { nonce, typeUrl, names: resources.map(({ name, version }) => `${name}@${version}`), removed: removedResources };
};
const versionsOf = (held: Configuration | undefined) =>
  held &&
  Object.fromEntries(
    [...held].map(([type, resources]) => [type, Object.fromEntries([...resources].map(([name, { version }]) => [name, version]))]),
  );

let session: Session;
let snapshot: Configuration | undefined;
beforeEach(() => {
  snapshot = undefined;
  session = new Session(() => snapshot);
});

/** weftd answers and Envoy acknowledges (or refuses). @returns what goes to weftd */
const exchange = (
  typeUrl: string,
  nonce: string,
  versions: Record<string, string> = {},
  { removed = [] as string[], error }: { removed?: string[]; error?: string } = {},
) => {
  const answer = session.response(envelope(typeUrl, nonce, versions, removed));
  if (!('down' in answer)) throw new Error('Envoy heard nothing');
  return session.request(request(typeUrl, { nonce: seen(answer.down).nonce, ...(error ? { error: { code: 3, message: error } } : {}) }));
};
/** Envoy's start: clusters, their endpoints, listeners, their routes. */
const start = (): void => {
  session.request(request(CDS));
  session.announce();
  exchange(CDS, 'u1', { c1: '1', c2: '1' });
  session.request(request(EDS, { subscribe: ['c1', 'c2'] }));
  exchange(EDS, 'u2', { c1: 'e1', c2: 'e1' });
  session.request(request(LDS));
  exchange(LDS, 'u3', { l1: '1' });
  session.request(request(RDS, { subscribe: ['r1'] }));
  exchange(RDS, 'u4', { r1: '1' });
};

describe('towards Envoy', () => {
  test('[R1]: nonces are our own, and an acknowledgement carries weftd’s', () => {
    session.request(request(CDS));
    session.announce();
    const answer = session.response(envelope(CDS, 'weftd-7', { c1: '1' }));
    if (!('down' in answer)) throw new Error('Envoy heard nothing');
    const { nonce, names } = seen(answer.down);
    expect(nonce).not.toBe('weftd-7');
    expect(names).toEqual(['c1@1']);
    expect(session.request(request(CDS, { nonce }))).toEqual(request(CDS, { nonce: 'weftd-7' }));
  });

  test('[R7]: nothing is named twice', () => {
    start();
    const answer = session.response(envelope(CDS, 'u5', { c1: '2' }, ['c1', 'c2', 'c2']));
    expect('down' in answer && seen(answer.down).removed).toEqual(['c2']);
  });

  test('weftd back with nothing new is not heard of', () => {
    start();
    session.announce();
    expect(session.response(envelope(CDS, 'v1'))).toEqual({ up: request(CDS, { nonce: 'v1' }) });
    expect(session.response(envelope(EDS, 'v2'))).toEqual({ up: request(EDS, { nonce: 'v2' }) });
  });

  test('what it was told to be gone is not told again, unless it asks', () => {
    start();
    session.request(request(RDS, { subscribe: ['none'] }));
    exchange(RDS, 'u5', {}, { removed: ['none'] });
    session.announce();
    expect(session.response(envelope(RDS, 'v1', {}, ['none']))).toHaveProperty('up');
    session.request(request(RDS, { subscribe: ['none'] }));
    expect(session.response(envelope(RDS, 'v2', {}, ['none']))).toHaveProperty('down');
  });

  test('a first answer is passed on even if it is empty, for Envoy waits', () => {
    session.request(request(CDS));
    session.announce();
    expect(session.response(envelope(CDS, 'u1'))).toHaveProperty('down');
  });
});

describe('towards weftd', () => {
  test('[R2]: a new stream is told every subscription, in order, with what Envoy has', () => {
    start();
    expect(session.announce()).toEqual([
      request(CDS, { initialVersions: { c1: '1', c2: '1' } }),
      request(EDS, { subscribe: ['c1', 'c2'], initialVersions: { c1: 'e1', c2: 'e1' } }),
      request(LDS, { initialVersions: { l1: '1' } }),
      request(RDS, { subscribe: ['r1'], initialVersions: { r1: '1' } }),
    ]);
  });

  test('[R2]: everything and names beside it is said with a star', () => {
    session.request(request(CDS));
    session.request(request(CDS, { subscribe: ['extra'] }));
    expect(session.announce()).toEqual([request(CDS, { subscribe: ['*', 'extra'] })]);
  });

  test('a type that nothing is asked of any more is not announced: that would ask for everything', () => {
    start();
    session.request(request(RDS, { unsubscribe: ['r1'] }));
    expect(session.announce().map(({ typeUrl }) => typeUrl)).toEqual([CDS, EDS, LDS]);
    expect(session.request(request(RDS, { subscribe: ['r2'] }))).toEqual(request(RDS, { subscribe: ['r2'] }));
  });

  test('an acknowledgement of an earlier stream is dropped, the names in it are not', () => {
    session.request(request(CDS));
    session.announce();
    const answer = session.response(envelope(CDS, 'u1', { c1: '1' }));
    if (!('down' in answer)) throw new Error('Envoy heard nothing');
    session.announce();
    expect(session.request(request(CDS, { nonce: seen(answer.down).nonce, subscribe: ['x'] }))).toEqual(request(CDS, { subscribe: ['x'] }));
    expect(session.request(request(CDS, { nonce: 'r99' }))).toBeUndefined();
  });

  test('a refusal is passed on, and a new stream is told of what Envoy has instead', () => {
    start();
    const told = exchange(CDS, 'u5', { c1: '2', c3: '1' }, { error: 'no such field' });
    expect(told).toMatchObject({ nonce: 'u5', error: { message: 'no such field' } });
    expect(session.announce()[0]?.initialVersions).toEqual({ c1: '1', c2: '1' });
  });

  test('after a restart of the agent, what Envoy has and we have no bytes of is asked for again', () => {
    snapshot = configuration({ [CDS]: { c1: '1', c2: 'old' } });
    const announced = session.request(request(CDS, { initialVersions: { c1: '1', c2: '2' } }));
    expect(announced?.initialVersions).toEqual({ c1: '1', c2: '' });
    expect(session.owes()).toBe(false);
  });
});

describe('while weftd is away', () => {
  beforeEach(() => {
    snapshot = configuration({ [CDS]: { c1: '1' }, [EDS]: { c1: 'e1' }, [LDS]: { l1: '1' }, [RDS]: { r1: '1' } });
  });

  test('a fresh Envoy gets the last acknowledged configuration, type by type as it asks', () => {
    session.request(request(CDS));
    expect(session.answerFromSnapshot().map(seen)).toMatchObject([{ typeUrl: CDS, names: ['c1@1'], removed: [] }]);
    expect(session.answerFromSnapshot()).toEqual([]);
    session.request(request(EDS, { subscribe: ['c1'] }));
    session.request(request(LDS));
    expect(session.answerFromSnapshot().map(seen)).toMatchObject([
      { typeUrl: EDS, names: ['c1@e1'] },
      { typeUrl: LDS, names: ['l1@1'] },
    ]);
  });

  test('[R1]: its acknowledgements are kept from weftd, and [R2]: weftd hears later what it has', () => {
    session.request(request(CDS));
    const [answer] = session.answerFromSnapshot();
    expect(session.request(request(CDS, { nonce: seen(answer ?? new Uint8Array()).nonce }))).toBeUndefined();
    expect(session.announce()).toEqual([request(CDS, { initialVersions: { c1: '1' } })]);
  });

  test('[R4]: an unknown name is met with silence', () => {
    session.request(request(RDS, { subscribe: ['r1', 'unknown'] }));
    expect(session.answerFromSnapshot().map(seen)).toMatchObject([{ names: ['r1@1'], removed: [] }]);
    expect(session.owes()).toBe(true);
  });

  test('without a snapshot there is no answer, not an empty one', () => {
    snapshot = undefined;
    session.request(request(CDS));
    expect(session.answerFromSnapshot()).toEqual([]);
  });

  test('what weftd took away before it left does not come back', () => {
    session.request(request(CDS));
    session.announce();
    exchange(CDS, 'u1', { c9: '1' });
    session.request(request(CDS, { subscribe: ['c9'] }));
    expect(session.answerFromSnapshot().map(seen)).toMatchObject([{ names: ['c9@1'] }]);
  });
});

describe('what is kept', () => {
  test('is what was acknowledged, once all of it is', () => {
    start();
    const whole = { [CDS]: { c1: '1', c2: '1' }, [EDS]: { c1: 'e1', c2: 'e1' }, [LDS]: { l1: '1' }, [RDS]: { r1: '1' } };
    expect(versionsOf(session.configuration())).toEqual(whole);
    const answer = session.response(envelope(CDS, 'u5', { c1: '2' }));
    expect(session.configuration()).toBeUndefined();
    session.request(request(CDS, { nonce: seen('down' in answer ? answer.down : new Uint8Array()).nonce }));
    expect(versionsOf(session.configuration())).toEqual({ ...whole, [CDS]: { c1: '2', c2: '1' } });
  });

  test('[R10]: never has what Envoy refused', () => {
    start();
    exchange(CDS, 'u5', { c1: 'bad' }, { error: 'bad' });
    expect(versionsOf(session.configuration())?.[CDS]).toEqual({ c1: '1', c2: '1' });
  });

  test('loses what was removed and what is no longer asked for', () => {
    start();
    exchange(CDS, 'u5', {}, { removed: ['c2'] });
    session.request(request(EDS, { unsubscribe: ['c2'] }));
    expect(versionsOf(session.configuration())).toMatchObject({ [CDS]: { c1: '1' }, [EDS]: { c1: 'e1' } });
  });

  test('is nothing while half of it is on its way', () => {
    session.request(request(CDS));
    session.announce();
    exchange(CDS, 'u1', { c1: '1' });
    expect(session.configuration()).toBeUndefined(); // no listeners yet
    session.request(request(LDS));
    exchange(LDS, 'u2', { l1: '1' });
    session.request(request(RDS, { subscribe: ['r1'] }));
    expect(session.configuration()).toBeUndefined(); // listeners without their routes
    exchange(RDS, 'u3', { r1: '1' });
    expect(session.configuration()).toBeDefined();
  });

  test('does not keep the message alive that it came in', () => {
    start();
    const held = session.configuration()?.get(CDS)?.get('c1');
    expect(held?.bytes.buffer.byteLength).toBe(held?.bytes.length);
  });
});

test('a message is read without reading its resources', () => {
  const opaque = { typeUrl: CDS, nonce: 'n', resources: [resource('c1', '1')], removed: [], rest: [] };
  session.request(request(CDS));
  session.announce();
  const answer = session.response(opaque);
  expect('down' in answer && readEnvelope(answer.down).resources[0]?.bytes).toEqual(opaque.resources[0]?.bytes);
});
