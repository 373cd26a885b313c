import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type DeltaDiscoveryResponse, DeltaDiscoveryResponseSchema } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEnvelope, writeEnvelope } from './envelope.ts';
import { decodeSnapshot, encodeSnapshot } from './snapshot.ts';

const text = fc.string({ maxLength: 20 });
const message: fc.Arbitrary<DeltaDiscoveryResponse> = fc
  .record({
    systemVersionInfo: text,
    typeUrl: text,
    nonce: text,
    removedResources: fc.array(text, { maxLength: 3 }),
    controlPlane: fc.record({ identifier: text }),
    removedResourceNames: fc.array(fc.record({ name: text }), { maxLength: 2 }),
    resources: fc.array(
      fc.record({
        name: text,
        version: text,
        aliases: fc.array(text, { maxLength: 2 }),
        resource: fc.record({ typeUrl: text, value: fc.uint8Array({ maxLength: 50 }) }),
      }),
      { maxLength: 5 },
    ),
  })
  .map((init) => create(DeltaDiscoveryResponseSchema, init));

describe('an envelope', () => {
  test('says what the message says, and loses nothing on its way through', () => {
    fc.assert(
      fc.property(message, (original) => {
        const envelope = readEnvelope(toBinary(DeltaDiscoveryResponseSchema, original));
        const { typeUrl, nonce } = original;
        expect(envelope).toMatchObject({ typeUrl, nonce, removed: original.removedResources });
        expect(envelope.resources.map(({ name, version }) => [name, version])).toEqual(original.resources.map((r) => [r.name, r.version]));
        const through = fromBinary(DeltaDiscoveryResponseSchema, writeEnvelope({ ...envelope, nonce: 'r1' }));
        expect(through).toEqual({ ...original, nonce: 'r1' });
      }),
    );
  });

  test('of noise is an error, never a hang', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readEnvelope(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});

describe('a snapshot', () => {
  const resource = (name: string) => ({
    name,
    version: `v-${name}`,
    bytes: readEnvelope(bytesOf(name)).resources[0]?.bytes ?? new Uint8Array(),
  });
  const bytesOf = (name: string): Uint8Array =>
    toBinary(DeltaDiscoveryResponseSchema, create(DeltaDiscoveryResponseSchema, { resources: [{ name, version: `v-${name}` }] }));
  const snapshot = {
    node: 'sidecar~10.0.0.1~web.shop~local',
    savedAt: 1234,
    configuration: new Map([
      ['clusters', new Map(['a', 'b'].map((name) => [name, resource(name)]))],
      ['empty', new Map()],
    ]),
  };

  test('is read as it was written', () => {
    const read = decodeSnapshot(encodeSnapshot(snapshot));
    expect(read.node).toBe(snapshot.node);
    expect(read.savedAt).toBe(1234);
    const versions = [...read.configuration].map(([type, resources]) => [
      type,
      [...resources].map(([name, { version }]) => [name, version]),
    ]);
    expect(versions).toEqual([
      [
        'clusters',
        [
          ['a', 'v-a'],
          ['b', 'v-b'],
        ],
      ],
      ['empty', []],
    ]);
  });

  test('with one byte changed, cut or added anywhere is refused whole', () => {
    const file = encodeSnapshot(snapshot);
    for (let at = 0; at < file.length; at += 1) {
      const flipped = Buffer.from(file);
      flipped[at] = (flipped[at] ?? 0) ^ 0x20;
      expect(() => decodeSnapshot(flipped), `flipped ${at}`).toThrow();
      expect(() => decodeSnapshot(file.subarray(0, at)), `cut ${at}`).toThrow();
    }
    expect(() => decodeSnapshot(Buffer.concat([file, Buffer.from('\n')]))).toThrow();
  });
});
