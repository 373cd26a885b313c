/**
 * `DeltaDiscoveryResponse` from resources that are encoded already. Protobuf messages may be concatenated ("merge" of
 * the encoding's specification), so what all proxies are sent alike is put together once and shared.
 */
import { create, toBinary } from '@bufbuild/protobuf';
import type { Encoded } from '@weft/envoy';
import { DeltaDiscoveryResponseSchema } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import type { Push } from './session.ts';

/** Field 2, `resources`, length-delimited. */
const resourcesTag = 0x12;
/** Bodies above this size are few and must not pile up. */
const large = 64 * 1024;
const keptLargeBytes = 32 * 1024 * 1024;

/**
 * A response as parts that are copied once, into the frame that is sent. It passes for the `Buffer` that the gRPC library
 * takes from a serializer, of which it uses just these two (grpc-js 1.14, `serializeMessage`).
 */
export class Parts {
  readonly byteLength: number;
  readonly #parts: readonly Uint8Array[];

  constructor(parts: readonly Uint8Array[]) {
    this.#parts = parts;
    this.byteLength = parts.reduce((sum, { length }) => sum + length, 0);
  }

  copy(target: Uint8Array, start: number): number {
    let at = start;
    for (const part of this.#parts) {
      target.set(part, at);
      at += part.length;
    }
    return at - start;
  }
}

export interface Responses {
  encode(push: Push): Parts;
}

export const responseSize = ({ resources, removed }: Push): number =>
  resources.reduce((sum, { bytes }) => sum + bytes.length + 4, 0) + removed.reduce((sum, name) => sum + name.length + 2, 64);

export const makeResponses = (): Responses => {
  const small = new WeakMap<readonly Encoded[], Buffer>();
  const recent = new Map<readonly Encoded[], Buffer>();
  let recentBytes = 0;

  const remember = (resources: readonly Encoded[], body: Buffer): void => {
    if (body.length <= large) {
      small.set(resources, body);
      return;
    }
    recent.set(resources, body);
    recentBytes += body.length;
    for (const [oldest, { length }] of recent) {
      if (recentBytes <= keptLargeBytes || recent.size === 1) break;
      recent.delete(oldest);
      recentBytes -= length;
    }
  };

  const bodyOf = (resources: readonly Encoded[]): Buffer => {
    const known = small.get(resources) ?? recent.get(resources);
    if (known) return known;
    const body = assemble(resources);
    remember(resources, body);
    return body;
  };

  return {
    encode: ({ typeUrl, nonce, resources, removed }) => {
      const init = { typeUrl, nonce, removedResources: [...removed] };
      const own = toBinary(DeltaDiscoveryResponseSchema, create(DeltaDiscoveryResponseSchema, init));
      return new Parts(resources.length === 0 ? [own] : [bodyOf(resources), own]);
    },
  };
};

const assemble = (resources: readonly Encoded[]): Buffer => {
  const size = resources.reduce((sum, { bytes }) => sum + 1 + varintSize(bytes.length) + bytes.length, 0);
  const body = Buffer.allocUnsafeSlow(size);
  let at = 0;
  for (const { bytes } of resources) {
    body[at++] = resourcesTag;
    let rest = bytes.length;
    for (; rest > 0x7f; rest >>>= 7) body[at++] = (rest & 0x7f) | 0x80;
    body[at++] = rest;
    body.set(bytes, at);
    at += bytes.length;
  }
  return body;
};

const varintSize = (value: number): number => {
  let size = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) size++;
  return size;
};
