/** Garbled requests of a proxy that is let in: its stream may end, others go on, and nothing of them stays in memory. */
import { type ClientHttp2Session, connect as http2Connect } from 'node:http2';
import { create, toBinary } from '@bufbuild/protobuf';
import { typeUrls } from '@weft/envoy';
import { AggregatedDiscoveryService } from '@weft/envoy/gen/envoy/service/discovery/v3/ads_pb.js';
import { DeltaDiscoveryRequestSchema } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { instance } from '../ca/fixture.ts';
import { type Chance, chance, heldMiB, mutated, patience, share } from '../ca/mutation.fixture.ts';
import { connect, node, type Served, serve, tokenFor } from './fixture.ts';
import { resourceSet } from './scripted.ts';

const mesh = { CDS: { a: '1', b: '1' }, LDS: { out: '1' } };
const path = `/${AggregatedDiscoveryService.typeName}/${AggregatedDiscoveryService.method.deltaAggregatedResources.name}`;
const web = { namespace: 'shop', name: 'web-1', metadata: { LABELS: { app: 'web' }, INSTANCE_IPS: '10.244.0.5' } };

let served: Served;
beforeAll(async () => {
  served = await serve(resourceSet(mesh));
  served.ca.instances.push(instance('shop', 'web-1'), instance('shop', 'pay-1', { serviceAccount: 'pay' }));
});
afterAll(() => served.close());

const framed = (message: Uint8Array, claimed = message.length): Buffer => {
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(claimed, 1);
  return Buffer.concat([frame, message]);
};

const good = toBinary(
  DeltaDiscoveryRequestSchema,
  create(DeltaDiscoveryRequestSchema, {
    node: node(web),
    typeUrl: typeUrls.CDS,
    resourceNamesSubscribe: ['*', 'a'],
    resourceNamesUnsubscribe: ['b'],
    initialResourceVersions: { a: '1' },
    responseNonce: 'x',
    errorDetail: { code: 3, message: 'no' },
  }),
);

/** A good request or none, then garbled ones; over when the stream is. */
const stream = (session: ClientHttp2Session, token: string, random: Chance): Promise<void> =>
  new Promise((resolve) => {
    const sent = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: `Bearer ${token}`,
    });
    sent.on('error', () => {});
    sent.on('close', resolve);
    sent.resume();
    if (random(2) === 0) sent.write(framed(good));
    for (let left = random(3); left >= 0; left -= 1) {
      const message = mutated(good, random);
      sent.write(random(12) === 0 ? framed(message, random(2 ** 31)) : framed(message));
    }
    sent.end();
  });

it(
  'outlives garbled requests, tells none of them of others, and serves on',
  async () => {
    const { roots } = served.ca.ca.serving.current();
    const session = http2Connect(`https://localhost:${served.port}`, {
      ca: roots,
      lookup: (_host, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    const token = await tokenFor(served, { namespace: 'shop', pod: { name: 'web-1', uid: 'uid-shop-web-1' } });
    const random = chance(20_265);
    // Each stream carries two on average.
    const streams = share(0.2) / 2;
    /** Who was served as somebody else, and what failed in us. */
    const wrong: unknown[] = [];
    let held = 0;
    for (let index = 0; index < streams; index += 20) {
      if (index >= streams / 5 && held === 0) held = heldMiB();
      await Promise.all(Array.from({ length: 20 }, () => stream(session, token, random)));
      wrong.push(
        ...served.plan.attached.filter(({ name, namespace, labels }) => `${namespace}/${name}/${labels.app}` !== 'shop/web-1/web'),
      );
      wrong.push(...served.logged.filter(({ level }) => level === 'error'));
      served.plan.attached.length = 0;
      served.logged.length = 0;
    }
    expect(heldMiB() - held).toBeLessThan(12);
    session.destroy();
    expect(wrong).toEqual([]);
    const after = connect(served, { token });
    after.send({ typeUrl: typeUrls.CDS, node: node(web), resourceNamesSubscribe: ['*'] });
    expect((await after.next()).resources).toHaveLength(2);
    after.close();
  },
  patience,
);
