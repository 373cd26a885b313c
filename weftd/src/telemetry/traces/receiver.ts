/**
 * OTLP's trace service, for proxies: on the channel by which they get their configuration, so that it is known who tells. Messages are passed
 * to the telemetry thread as they come; nothing is read of them here, where proxies are waited for.
 */
import { type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { methodTable } from '@weft/envoy';
import { TraceService } from '@weft/envoy/gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js';
import type { Authenticate } from '../../ca/caller.ts';
import { peerCredentials } from '../../ca/peer.ts';
import type { Log } from '../../push/contract.ts';
import type { GrpcService } from '../../push/grpc.ts';
import type { Registry } from '../../registry.ts';
import { labelsOf, type MeshNames } from '../labels.ts';
import type { RemoteStores } from '../worker/stores.ts';
import { TelemetryBusy } from '../worker/thread.ts';
import type { Teller } from './otlp.ts';

export interface TraceReceiverInput {
  readonly traces: Pick<RemoteStores['traces'], 'add'>;
  readonly authenticate: Authenticate;
  readonly registry: Registry;
  readonly names: MeshNames;
  readonly now: () => number;
  readonly log: Log;
}

type Call = ServerUnaryCall<Buffer, object>;

const table = methodTable<typeof TraceService, Buffer>(TraceService, (bytes) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
);

/** OTLP lets a receiver say what it did not keep; Envoy logs it. */
const answerOf = (dropped: number): object =>
  dropped === 0 ? {} : { partialSuccess: { rejectedSpans: BigInt(dropped), errorMessage: 'without ids, or of a trace that is too long' } };

export const traceReceiver = ({ traces, authenticate, registry, names, now, log }: TraceReceiverInput): GrpcService => {
  const tellerOf = async (call: Call): Promise<Teller | undefined> => {
    const authentication = await authenticate(peerCredentials(call));
    if (!authentication.ok) return undefined;
    const { identity, instance: named } = authentication.caller;
    const instance = named && registry.find(identity.namespace, named.name);
    if (!instance) return undefined;
    const { canonicalService: service, namespace, workload } = labelsOf(instance.pod, names);
    return { service, namespace, workload, pod: instance.pod.name };
  };

  const take = async (call: Call, done: sendUnaryData<object>): Promise<void> => {
    const teller = await tellerOf(call);
    if (!teller) return done({ code: status.UNAUTHENTICATED, details: 'spans are taken from proxies of the mesh' });
    const { dropped } = await traces.add({ bytes: call.request, teller, received: now() });
    done(null, answerOf(dropped));
  };

  const refuse = (error: unknown, done: sendUnaryData<object>): void => {
    if (!(error instanceof TelemetryBusy)) log.warn({ err: error }, 'spans were not kept');
    const code = error instanceof TelemetryBusy ? status.RESOURCE_EXHAUSTED : status.UNAVAILABLE;
    done({ code, details: 'spans were not kept' });
  };

  return {
    definition: { ...table, export: { ...table.export, requestDeserialize: (bytes: Buffer) => bytes } },
    handlers: { export: (call: Call, done: sendUnaryData<object>) => void take(call, done).catch((error) => refuse(error, done)) },
  };
};
