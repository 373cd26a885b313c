/** Pieces of spools as an OTLP request for logs: each line of a record is one log record, and the resource says whose it is. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '@weft/envoy/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import type { KeyValueSchema } from '@weft/envoy/gen/opentelemetry/proto/common/v1/common_pb.js';
import type { RecordOwner } from './owner.ts';

/** Lines of one file, in order and without a gap. */
export interface Piece {
  readonly owner: RecordOwner;
  readonly spool: string;
  /** Of the spool's files. */
  readonly number: number;
  /** Bytes: where the first line begins, and where the last one ends. */
  readonly from: number;
  readonly to: number;
  readonly lines: readonly Buffer[];
  /** Lines that cannot be sent. */
  readonly damaged: number;
  readonly dropped: number;
}

type Attribute = MessageInitShape<typeof KeyValueSchema>;

const text = (key: string, value: string): Attribute => ({ key, value: { value: { case: 'stringValue', value } } });
const number = (key: string, value: number): Attribute => ({ key, value: { value: { case: 'intValue', value: BigInt(value) } } });

/** Names of opentelemetry.io/docs/specs/semconv/resource/k8s, and ours. */
const attributesOf = ({ owner, spool, number: file, from, to, damaged, dropped }: Piece): Attribute[] => [
  text('k8s.namespace.name', owner.namespace),
  text('k8s.pod.name', owner.name),
  text('k8s.pod.uid', owner.uid),
  ...Object.entries(owner.labels).map(([name, value]) => text(`k8s.pod.label.${name}`, value)),
  text('weft.workload', owner.workload.name),
  text('weft.service_account', owner.serviceAccount),
  text('weft.records.spool', spool),
  number('weft.records.file', file),
  number('weft.records.from', from),
  number('weft.records.to', to),
  ...(damaged > 0 ? [number('weft.records.damaged', damaged)] : []),
  ...(dropped > 0 ? [number('weft.records.dropped', dropped)] : []),
];

/** Lines are sent as bytes: their lengths are what weftd counts by, whatever stands in them. */
export const requestOf = (pieces: readonly Piece[]): Uint8Array => {
  const resourceLogs = pieces.map((piece) => ({
    resource: { attributes: attributesOf(piece) },
    scopeLogs: [
      {
        scope: { name: 'weft.records' },
        logRecords: piece.lines.map((value) => ({ body: { value: { case: 'bytesValue' as const, value } } })),
      },
    ],
  }));
  return toBinary(ExportLogsServiceRequestSchema, create(ExportLogsServiceRequestSchema, { resourceLogs }));
};
