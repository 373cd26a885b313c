import { type ApplyRequest, type ApplyResult, type DeleteRequest, refKey, type StoredObject } from '@weft/model';
import { Type } from 'typebox';
import type { ObjectQuery } from '../desired/messages.ts';
import type { PastObjects } from '../desired/retrospect.ts';
import type { Tally } from '../telemetry/tally.ts';
import { by } from './by.ts';
import { revisionIn } from './history.ts';
import { kindNamed } from './kind.ts';
import { Refusal, type Routes } from './routes.ts';
import { standings } from './standing.ts';

const objectRef = Type.Object({ kind: Type.String(), namespace: Type.String(), name: Type.String() }, { additionalProperties: false });
const readObject = Type.Object({ ref: objectRef, revision: Type.Integer({ minimum: 0 }) }, { additionalProperties: false });

const applyRequest = Type.Object(
  {
    ...{ text: Type.String(), file: Type.String(), directory: Type.String(), dryRun: Type.Optional(Type.Boolean()) },
    read: Type.Optional(Type.Array(readObject, { maxItems: 1_000 })),
  },
  { additionalProperties: false },
);

const deleteRequest = Type.Object({ objects: Type.Array(objectRef, { maxItems: 10_000 }) }, { additionalProperties: false });

/** As large as the largest text that `parse` reads, with what JSON makes of it. */
const applyLimit = 16 * 1024 * 1024;

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
  /** As they were then; without what is said of them now. */
  readonly revision?: string;
}

export const resourceRoutes: Routes = (server, parts) => {
  const { desired } = parts;
  const listed = async (query: ObjectQuery): Promise<readonly StoredObject[]> => {
    const items = await desired.call('list', query);
    return standings(items, parts).map(({ object }) => object);
  };
  const then = async (asked: PastObjects): Promise<readonly StoredObject[]> => {
    const found = await desired.call('objectsAt', asked);
    if (!found) throw new Refusal(404, `revision ${asked.revision} is still to come, or longer ago than history is kept`);
    return found;
  };
  server.get<{ Querystring: Pick<ListQuery, 'namespace' | 'revision'> }>(
    '/resources',
    { config: { role: 'viewer' } },
    async ({ query: { namespace, revision } }) => {
      const wanted = namespace === undefined ? {} : { namespace };
      if (revision !== undefined) return { items: await then({ revision: revisionIn(revision), ...wanted }) };
      return { items: await listed({ dependents: false, ...wanted }) };
    },
  );
  server.get<{ Params: { kind: string }; Querystring: ListQuery }>(
    '/resources/:kind',
    { config: { role: 'viewer' } },
    async ({ params, query: { programmed, namespace, name, revision } }) => {
      const dependents = programmed === 'true' || programmed === '';
      const wanted = { ...(namespace !== undefined && { namespace }), ...(name !== undefined && { name }) };
      const { kind } = kindNamed(params.kind);
      if (revision !== undefined) return { items: await then({ kind, revision: revisionIn(revision), ...wanted }) };
      return { items: await listed({ kind, dependents, ...wanted }) };
    },
  );
  server.get<{ Params: ObjectPath; Querystring: Pick<ListQuery, 'revision'> }>(
    '/resources/:kind/:namespace/:name',
    { config: { role: 'viewer' } },
    async ({ params, query: { revision } }) => {
      const { kind, namespaced } = kindNamed(params.kind);
      const { name } = params;
      const wanted = { kind, namespace: namespaced ? params.namespace : '', name };
      const [found] =
        revision === undefined ? await listed({ ...wanted, dependents: true }) : await then({ ...wanted, revision: revisionIn(revision) });
      const place = namespaced ? ` in namespace ${params.namespace}` : '';
      const time = revision === undefined ? 'is' : `was at revision ${revision}`;
      if (!found) throw new Refusal(404, `there ${time} no ${kind} ${name}${place}`);
      return found;
    },
  );
  server.post<{ Body: ApplyRequest }>(
    '/apply',
    { config: { role: 'admin', audit: 'apply' }, schema: { body: applyRequest }, bodyLimit: applyLimit },
    async (request, reply) => {
      const { body } = request;
      const result = await desired.call('apply', { ...body, ...by(request) });
      judged(result, parts.tally);
      return reply.code(statusOf(result)).send(answered(result));
    },
  );
  server.post<{ Body: DeleteRequest }>(
    '/delete',
    { config: { role: 'admin', audit: 'delete' }, schema: { body: deleteRequest } },
    async (request, reply) => {
      const result = await desired.call('remove', { ...request.body, ...by(request) });
      return reply.code(statusOf(result)).send(answered(result));
    },
  );
  server.get('/findings', { config: { role: 'viewer' } }, async () => ({ items: await desired.call('findings') }));
};
