/**
 * The service that takes records from agents, for the server that serves ADS: OTLP for logs. A request is passed to the telemetry thread as
 * the bytes that came, and is answered when what it holds is on disk.
 */
import { type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { methodTable } from '@weft/envoy';
import { LogsService } from '@weft/envoy/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { agentAccount } from '@weft/model';
import type { Authenticate, Caller } from '../../ca/caller.ts';
import { peerCredentials } from '../../ca/peer.ts';
import type { Log } from '../../push/contract.ts';
import type { GrpcService } from '../../push/grpc.ts';
import type { MeshNames } from '../labels.ts';
import { type Telemetry, TelemetryBusy } from '../worker/thread.ts';

export interface RecordReceiverInput {
  readonly authenticate: Authenticate;
  readonly records: Pick<Telemetry['records'], 'take'>;
  readonly names: MeshNames;
  readonly now: () => number;
  readonly log: Log;
}

/** Pods can have any account; an instance they have always. */
const isAgent = ({ identity: { namespace, serviceAccount }, instance }: Caller): boolean =>
  instance === undefined && namespace === agentAccount.namespace && serviceAccount === agentAccount.serviceAccount;

const definition = () => {
  const table = methodTable<typeof LogsService, Buffer>(LogsService, (bytes) => Buffer.from(bytes));
  return { ...table, export: { ...table.export, requestDeserialize: (bytes: Buffer): Buffer => bytes } };
};

export const recordReceiver = ({ authenticate, records, names, now, log }: RecordReceiverInput): GrpcService => {
  /** A disk that is full stays so for a while: it is told once. */
  let failing = false;
  const fail = (error: Error, done: sendUnaryData<object>): void => {
    const busy = error instanceof TelemetryBusy;
    if (!busy && !failing) log.warn({ err: error }, 'records were not taken; the agent keeps them and tries again');
    failing ||= !busy;
    done({ code: busy ? status.RESOURCE_EXHAUSTED : status.UNAVAILABLE, details: error.message });
  };

  const take = async (call: ServerUnaryCall<Buffer, object>, done: sendUnaryData<object>): Promise<void> => {
    const authentication = await authenticate(peerCredentials(call));
    if (!authentication.ok || !isAgent(authentication.caller)) {
      log.warn({ peer: call.getPeer(), ...(!authentication.ok && { reason: authentication.reason }) }, 'records refused: not of an agent');
      return done({ code: status.PERMISSION_DENIED, details: 'records are taken from agents' });
    }
    await records.take(call.request, names, now());
    failing = false;
    done(null, {});
  };
  return {
    definition: definition(),
    handlers: {
      export: (call: ServerUnaryCall<Buffer, object>, done: sendUnaryData<object>) => {
        take(call, done).catch((error: Error) => fail(error, done));
      },
    },
  };
};
