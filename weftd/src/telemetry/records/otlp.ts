/** What agents send: an OTLP request for logs, each of its resources a stretch of one proxy's file. */
import { fromBinary } from '@bufbuild/protobuf';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '@weft/envoy/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import type { NamedPod } from '../labels.ts';

export interface Stretch {
  readonly pod: NamedPod;
  /** Names the file in all the mesh, for ever. */
  readonly file: string;
  /** Bytes: the first line begins at `from`; what is between the last line's end and `to` was no line. */
  readonly from: number;
  readonly to: number;
  readonly lines: readonly Uint8Array[];
  readonly damaged: number;
  readonly dropped: number;
}

type ResourceLogs = ExportLogsServiceRequest['resourceLogs'][number];

type Attributes = ReadonlyMap<string, string | number>;

const attributesOf = ({ resource }: ResourceLogs): Attributes =>
  new Map(
    resource?.attributes.flatMap(({ key, value }): [string, string | number][] => {
      if (value?.value.case === 'stringValue') return [[key, value.value.value]];
      return value?.value.case === 'intValue' ? [[key, Number(value.value.value)]] : [];
    }),
  );

const text = (attributes: Attributes, key: string): string => {
  const value = attributes.get(key);
  if (typeof value !== 'string') throw new Error(`a resource without ${key}`);
  return value;
};

const count = (attributes: Attributes, key: string, otherwise?: number): number => {
  const value = attributes.get(key) ?? otherwise;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new Error(`a resource without ${key}`);
  return value;
};

const label = 'k8s.pod.label.';

const podOf = (attributes: Attributes): NamedPod => ({
  namespace: text(attributes, 'k8s.namespace.name'),
  serviceAccount: text(attributes, 'weft.service_account'),
  labels: Object.fromEntries(
    [...attributes].flatMap(([key, value]) => (key.startsWith(label) ? [[key.slice(label.length), String(value)]] : [])),
  ),
  workload: { kind: '', name: text(attributes, 'weft.workload') },
});

const linesOf = ({ scopeLogs }: ResourceLogs): readonly Uint8Array[] =>
  scopeLogs.flatMap(({ logRecords }) => logRecords.flatMap(({ body }) => (body?.value.case === 'bytesValue' ? [body.value.value] : [])));

const stretchOf = (logs: ResourceLogs): Stretch => {
  const attributes = attributesOf(logs);
  return {
    pod: podOf(attributes),
    file: `${text(attributes, 'weft.records.spool')}/${count(attributes, 'weft.records.file')}`,
    from: count(attributes, 'weft.records.from'),
    to: count(attributes, 'weft.records.to'),
    lines: linesOf(logs),
    damaged: count(attributes, 'weft.records.damaged', 0),
    dropped: count(attributes, 'weft.records.dropped', 0),
  };
};

/** @throws where it is not what an agent sends */
export const stretchesIn = (request: Uint8Array): readonly Stretch[] =>
  fromBinary(ExportLogsServiceRequestSchema, request).resourceLogs.map(stretchOf);
