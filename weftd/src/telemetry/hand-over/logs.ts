/** Records for a collector, as OTLP's logs: the record whole in the body, and what is searched by as attributes. */
import { create, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '@weft/envoy/gen/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { SeverityNumber } from '@weft/envoy/gen/opentelemetry/proto/logs/v1/logs_pb.js';
import type { AccessRecord, StoredRecord } from '@weft/signals';
import { attribute } from './attribute.ts';
import type { Written } from './remote-write.ts';

const attributesOf = ({ side, source, destination, verdict, request }: AccessRecord) =>
  Object.entries({
    'weft.side': side,
    'source.principal': source.principal,
    'source.workload': source.workload,
    'source.namespace': source.namespace,
    'source.address': source.client,
    'destination.service': destination.service,
    'destination.workload': destination.workload,
    'destination.namespace': destination.namespace,
    'weft.verdict': verdict.kind,
    ...(request && {
      'http.request.method': request.method,
      'url.path': request.path,
      'http.response.status_code': String(request.status),
      'weft.request_id': request.id,
    }),
  })
    .filter(([, value]) => value !== '')
    .map(([key, value]) => attribute(key, value));

const isFailed = ({ verdict, request, flags }: AccessRecord): boolean =>
  verdict.kind === 'denied' || (request?.status ?? 0) >= 500 || (request === undefined && flags !== '');

const logOf = (record: AccessRecord) => ({
  timeUnixNano: BigInt(Math.round(record.at * 1000)) * 1000n,
  severityNumber: isFailed(record) ? SeverityNumber.WARN : SeverityNumber.INFO,
  body: { value: { case: 'stringValue' as const, value: JSON.stringify(record) } },
  attributes: attributesOf(record),
  ...(/^[0-9a-f]{32}$/.test(record.request?.trace ?? '') && { traceId: Buffer.from(record.request?.trace ?? '', 'hex') }),
});

const service = { attributes: [attribute('service.name', 'weft'), attribute('telemetry.sdk.name', 'weft')] };

export const writeRecords = (records: readonly StoredRecord[]): Written => {
  const logRecords = records.map(({ record }) => logOf(record));
  const message = create(ExportLogsServiceRequestSchema, { resourceLogs: [{ resource: service, scopeLogs: [{ logRecords }] }] });
  return { body: toBinary(ExportLogsServiceRequestSchema, message), samples: records.length };
};
