import { type ApplyRequest, type ApplyResult, type DeleteRequest, findKind, type Kind, refKey, type StoredObject } from '@weft/model';
import { Type } from 'typebox';
import type { ObjectQuery } from '../desired/messages.ts';
import type { Tally } from '../telemetry/tally.ts';
import { Refusal, type Routes } from './routes.ts';
import { standings } from './standing.ts';

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

/** 422: something that protects is broken, so that nothing is taken; 409: somebody else owns it. */
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

/** Istio counts what its webhook lets through and what not. */
const judged = ({ items, findings }: ApplyResult, tally: Tally): void => {
  for (const { ref } of items) tally.count('galley_validation_passed', { resource: ref.kind });
  const refused = findings.filter((finding) => finding.refused || finding.severity === 'error');
  const refs = new Map(refused.flatMap(({ resource }) => (resource ? [[refKey(resource), resource] as const] : [])));
  for (const { kind } of refs.values()) tally.count('galley_validation_failed', { resource: kind });
};

interface ObjectPath {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Asking for `programmed` costs a compilation for each object. */
interface ListQuery {
  readonly namespace?: string;
  readonly name?: string;
  readonly programmed?: string;
}

export const resourceRoutes: Routes = (server, parts) => {
  const { desired } = parts;
  const listed = async (query: ObjectQuery): Promise<readonly StoredObject[]> => {
    const items = await desired.call('list', query);
    return standings(items, parts).map(({ object }) => object);
  };
  server.get<{ Params: { kind: string }; Querystring: ListQuery }>(
    '/resources/:kind',
    { config: { role: 'viewer' } },
    async ({ params, query: { programmed, namespace, name } }) => {
      const dependents = programmed === 'true' || programmed === '';
      const wanted = { ...(namespace !== undefined && { namespace }), ...(name !== undefined && { name }) };
      return { items: await listed({ kind: kindNamed(params.kind).kind, dependents, ...wanted }) };
    },
  );
  server.get<{ Params: ObjectPath }>('/resources/:kind/:namespace/:name', { config: { role: 'viewer' } }, async ({ params }) => {
    const { kind, namespaced } = kindNamed(params.kind);
    const { name } = params;
    const [found] = await listed({ kind, namespace: namespaced ? params.namespace : '', name, dependents: true });
    if (!found) throw new Refusal(404, `there is no ${kind} ${name}${namespaced ? ` in namespace ${params.namespace}` : ''}`);
    return found;
  });
  server.post<{ Body: ApplyRequest }>(
    '/apply',
    { config: { role: 'admin' }, schema: { body: applyRequest }, bodyLimit: applyLimit },
    async ({ body }, reply) => {
      const result = await desired.call('apply', body);
      judged(result, parts.tally);
      return reply.code(statusOf(result)).send(answered(result));
    },
  );
  server.post<{ Body: DeleteRequest }>(
    '/delete',
    { config: { role: 'admin' }, schema: { body: deleteRequest } },
    async ({ body }, reply) => {
      const result = await desired.call('remove', body.objects);
      return reply.code(statusOf(result)).send(answered(result));
    },
  );
  server.get('/findings', { config: { role: 'viewer' } }, async () => ({ items: await desired.call('findings') }));
};
