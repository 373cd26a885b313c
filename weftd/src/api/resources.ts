import { type ApplyRequest, type ApplyResult, type DeleteRequest, findKind, type Kind, type StoredObject } from '@weft/model';
import { Type } from 'typebox';
import { withoutKeys } from './redact.ts';
import { Refusal, type Routes } from './routes.ts';

const applyRequest = Type.Object(
  { text: Type.String(), file: Type.String(), directory: Type.String(), dryRun: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
);

const objectRef = Type.Object({ kind: Type.String(), namespace: Type.String(), name: Type.String() }, { additionalProperties: false });
const deleteRequest = Type.Object({ objects: Type.Array(objectRef, { maxItems: 10_000 }) }, { additionalProperties: false });

/** As large as the largest text that `parse` reads, with what JSON makes of it. */
const applyLimit = 16 * 1024 * 1024;

const kindNamed = (spelling: string): Kind => {
  const kind = findKind(spelling);
  if (!kind) throw new Refusal(404, `there is no kind ${JSON.stringify(spelling)}`);
  return kind;
};

/** What the object holds may be shown; a Secret's values may not. */
const shown = (stored: StoredObject): StoredObject => ({ ...stored, resource: withoutKeys(stored.resource) });

/** 422: something is not taken because it would not be enforced; 409: somebody else owns it. */
const statusOf = ({ items, findings }: ApplyResult): number => {
  if (findings.some(({ refused }) => refused)) return 422;
  return items.some(({ action }) => action === 'refused') ? 409 : 200;
};

/** Refusals carry their reason in `error` too, for those who read nothing else. */
const answered = (result: ApplyResult): ApplyResult & { readonly error?: string } => {
  if (statusOf(result) === 200) return result;
  const reason = result.findings.find(({ severity, refused }) => refused || severity === 'error');
  return { ...result, error: reason?.message ?? 'something was refused' };
};

interface ObjectPath {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export const resourceRoutes: Routes = (server, { desired }) => {
  server.get<{ Params: { kind: string }; Querystring: { namespace?: string } }>('/resources/:kind', async ({ params, query }) => {
    const { kind } = kindNamed(params.kind);
    const items = await desired.call('list', { kind, ...(query.namespace !== undefined && { namespace: query.namespace }) });
    return { items: items.map(shown) };
  });
  server.get<{ Params: ObjectPath }>('/resources/:kind/:namespace/:name', async ({ params }) => {
    const { kind, namespaced } = kindNamed(params.kind);
    const { name } = params;
    const stored = await desired.call('get', { kind, namespace: namespaced ? params.namespace : '', name });
    if (!stored) throw new Refusal(404, `there is no ${kind} ${name}${namespaced ? ` in namespace ${params.namespace}` : ''}`);
    return shown(stored);
  });
  server.post<{ Body: ApplyRequest }>('/apply', { schema: { body: applyRequest }, bodyLimit: applyLimit }, async ({ body }, reply) => {
    const result = await desired.call('apply', body);
    return reply.code(statusOf(result)).send(answered(result));
  });
  server.post<{ Body: DeleteRequest }>('/delete', { schema: { body: deleteRequest } }, async ({ body }, reply) => {
    const result = await desired.call('remove', body.objects);
    return reply.code(statusOf(result)).send(answered(result));
  });
  server.get('/findings', async () => ({ items: await desired.call('findings') }));
};
