/** Requests on the wire. They are small and ours to change, so they are decoded; responses are not (`envelope.ts`). */
import { create, toBinary } from '@bufbuild/protobuf';
import type { Node } from '@weft/envoy/gen/envoy/config/core/v3/base_pb.js';
import { type DeltaDiscoveryRequest, DeltaDiscoveryRequestSchema } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import type { Request } from './session.ts';

export const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export const fromWire = (message: DeltaDiscoveryRequest): Request => ({
  typeUrl: message.typeUrl,
  subscribe: message.resourceNamesSubscribe,
  unsubscribe: message.resourceNamesUnsubscribe,
  initialVersions: message.initialResourceVersions,
  nonce: message.responseNonce,
  ...(message.errorDetail ? { error: { code: message.errorDetail.code, message: message.errorDetail.message } } : {}),
});

/** @param node for the first message of a stream */
export const toWire = (request: Request, node?: Node): Buffer =>
  toBuffer(
    toBinary(
      DeltaDiscoveryRequestSchema,
      create(DeltaDiscoveryRequestSchema, {
        ...(node ? { node } : {}),
        typeUrl: request.typeUrl,
        resourceNamesSubscribe: [...request.subscribe],
        resourceNamesUnsubscribe: [...request.unsubscribe],
        initialResourceVersions: { ...request.initialVersions },
        responseNonce: request.nonce,
        ...(request.error ? { errorDetail: request.error } : {}),
      }),
    ),
  );
