/** What a change would do, before it is made: nothing is written, and nobody is told anything. */
import { mayAs, type ObjectRef, type Preview, type PreviewRequest } from '@weft/model';
import { type AccessRecord, cameInOf } from '@weft/signals';
import { Type } from 'typebox';
import type { AskedRecord, ResourceBytes } from '../desired/preview.ts';
import { withoutKeys } from './redact.ts';
import { type ApiParts, Refusal, type Routes } from './routes.ts';
import { decoder } from './sent-config.ts';

const mostRecords = 10_000;
/** As for `apply`. */
const textLimit = 16 * 1024 * 1024;

const previewRequest = Type.Object(
  {
    text: Type.Optional(Type.String()),
    delete: Type.Optional(
      Type.Array(Type.Object({ kind: Type.String(), namespace: Type.String(), name: Type.String() }, { additionalProperties: false }), {
        maxItems: 10_000,
      }),
    ),
    undo: Type.Optional(Type.Integer({ minimum: 1 })),
    records: Type.Optional(Type.Integer({ minimum: 0, maximum: mostRecords })),
    resource: Type.Optional(
      Type.Object({ proxy: Type.String(), type: Type.String(), name: Type.String() }, { additionalProperties: false }),
    ),
  },
  { additionalProperties: false },
);

const partyText = ({
  namespace,
  workload,
  address,
}: {
  readonly namespace: string;
  readonly workload: string;
  readonly address: string;
}): string => (workload === '' ? address || 'outside' : `${namespace}/${workload}`);

const whatText = ({ request, destination, called }: AccessRecord): string =>
  request
    ? `${request.method} ${request.host}${request.path}`
    : `${destination.service || destination.address}${called ? `:${called}` : ''}`;

/** The newest, as their proxies saw them. */
const recordsAsked = async ({ telemetry }: ApiParts, limit: number): Promise<readonly AskedRecord[]> => {
  const found = await telemetry.records.query({ limit });
  return found.map(({ id, record }) => ({
    id,
    recorded: { ...cameInOf(record), side: record.side },
    from: partyText(record.source),
    to: record.destination.workload === '' ? record.destination.service || partyText(record.destination) : partyText(record.destination),
    what: whatText(record),
  }));
};

const decoded = async ({ before, after }: ResourceBytes): Promise<NonNullable<Preview['resource']>> => {
  const decode = await decoder();
  const shown = (encoded: ResourceBytes['before']): unknown => encoded && withoutKeys(decode(encoded) as Record<string, unknown>);
  return { ...(before && { before: shown(before) }), ...(after && { after: shown(after) }) };
};

const isOne = ({
  text,
  undo,
  delete: refs,
}: {
  readonly text?: string;
  readonly undo?: number;
  readonly delete?: readonly ObjectRef[];
}): boolean => [text, undo, refs].filter((one) => one !== undefined).length === 1;

export const previewRoutes: Routes = (server, parts) => {
  server.post<{ Body: PreviewRequest }>(
    '/preview',
    { config: { role: 'viewer' }, schema: { body: previewRequest }, bodyLimit: textLimit },
    async ({ body, caller }): Promise<Preview> => {
      if (!isOne(body)) throw new Refusal(400, 'say one of text, delete and undo');
      const { records: count = 0 } = body;
      // Records tell of people.
      if (count > 0 && !(caller && mayAs(caller.role, 'operator'))) throw new Refusal(403, 'recorded traffic is for operators');
      const records = count > 0 ? await recordsAsked(parts, count) : undefined;
      const answer = await parts.desired.call('preview', { proposed: body, ...(records && { records }) });
      if (!answer) throw new Refusal(404, `revision ${body.undo} is not known`);
      const { preview, resource } = answer;
      return { ...preview, ...(resource && { resource: await decoded(resource) }) };
    },
  );
};
