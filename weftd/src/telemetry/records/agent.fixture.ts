/** What agents send. */
import { create, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '@weft/envoy/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { noon } from './records.fixture.ts';

export const line = (path: string): string =>
  JSON.stringify({ v: 1, kind: 'http', side: 'source', time: new Date(noon).toISOString(), method: 'GET', path, status: 200 });

export interface Sent {
  readonly from?: number;
  readonly lines: readonly string[];
  readonly more?: Readonly<Record<string, number>>;
}

export const request = ({ from = 0, lines, more = {} }: Sent): Uint8Array => {
  const bytes = lines.map((text) => Buffer.from(text));
  const to = bytes.reduce((end, { length }) => end + length + 1, from);
  const texts = { 'k8s.namespace.name': 'shop', 'weft.workload': 'web', 'weft.service_account': 'web', 'k8s.pod.label.app': 'shopfront' };
  const numbers = { 'weft.records.file': 1, 'weft.records.from': from, 'weft.records.to': to, ...more };
  const attributes = [
    ...Object.entries({ ...texts, 'weft.records.spool': 'a' }).map(([key, value]) => ({
      key,
      value: { value: { case: 'stringValue' as const, value } },
    })),
    ...Object.entries(numbers).map(([key, value]) => ({ key, value: { value: { case: 'intValue' as const, value: BigInt(value) } } })),
  ];
  const logRecords = bytes.map((value) => ({ body: { value: { case: 'bytesValue' as const, value } } }));
  const message = { resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords }] }] };
  return toBinary(ExportLogsServiceRequestSchema, create(ExportLogsServiceRequestSchema, message));
};
