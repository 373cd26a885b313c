/** What was changed when, by whom and how; what it was like then; and taking it back. */
import type { HistorySearch, UndoRequest, UndoResult } from '@weft/model';
import { Type } from 'typebox';
import { by } from './by.ts';
import { kindNamed } from './kind.ts';
import { numberIn, onlyThese, type Query, textIn } from './query.ts';
import { type ApiParts, Refusal, type Routes } from './routes.ts';

const largestLimit = 500;

const undoRequest = Type.Object(
  { revision: Type.Integer({ minimum: 1 }), dryRun: Type.Optional(Type.Boolean()) },
  { additionalProperties: false },
);

const viewer = { config: { role: 'viewer' } } as const;

const searchIn = (query: Query): HistorySearch => {
  onlyThese(query, 'from', 'to', 'kind', 'namespace', 'name', 'before', 'limit');
  const numbers = ['from', 'to', 'before', 'limit'].flatMap((name): [string, number][] => {
    const number = numberIn(query, name);
    return number === undefined ? [] : [[name, number]];
  });
  const said: Pick<HistorySearch, 'from' | 'to' | 'before' | 'limit'> = Object.fromEntries(numbers);
  const { limit = 1 } = said;
  if (!Number.isInteger(limit) || limit < 1 || limit > largestLimit) throw new Refusal(400, `limit must be 1 to ${largestLimit}`);
  const [kind, namespace, name] = ['kind', 'namespace', 'name'].map((word) => textIn(query, word));
  return {
    ...said,
    ...(kind !== undefined && { kind: kindNamed(kind).kind }),
    ...(namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
  };
};

export const revisionIn = (text: string | undefined, word = 'revision'): number => {
  if (!/^\d{1,15}$/.test(text ?? '')) throw new Refusal(400, `${word} must be the number of a revision`);
  return Number(text);
};

const unknown = (revision: number): Refusal =>
  new Refusal(404, `revision ${revision} is not known: it never was, it changed no object, or it is longer ago than history is kept`);

/** 409: something was changed since, or is a file's. */
const statusOf = ({ items, findings }: UndoResult): number => {
  if (findings.some(({ refused }) => refused)) return 422;
  return items.some(({ action }) => action === 'refused') ? 409 : 200;
};

const answered = (result: UndoResult): UndoResult & { readonly error?: string } => {
  const reason = statusOf(result) === 200 ? undefined : result.findings.find(({ severity, refused }) => refused || severity === 'error');
  return { ...result, ...(reason && { error: reason.message }) };
};

export const historyRoutes: Routes = (server, { desired }: ApiParts) => {
  server.get<{ Querystring: Query }>('/history', viewer, ({ query }) => desired.call('history', searchIn(query)));
  server.get<{ Params: { revision: string } }>('/history/:revision', viewer, async ({ params }) => {
    const revision = revisionIn(params.revision);
    const found = await desired.call('revision', revision);
    if (!found) throw unknown(revision);
    return found;
  });
  server.get<{ Querystring: Query }>('/diff', viewer, async ({ query }) => {
    onlyThese(query, 'from', 'to');
    const [from, to] = [revisionIn(textIn(query, 'from'), 'from'), textIn(query, 'to')];
    const found = await desired.call('difference', { from, ...(to !== undefined && { to: revisionIn(to, 'to') }) });
    if (!found) throw new Refusal(404, 'one of these revisions is still to come, or longer ago than history is kept');
    return found;
  });
  server.post<{ Body: UndoRequest }>(
    '/undo',
    { config: { role: 'admin', audit: 'undo' }, schema: { body: undoRequest } },
    async (request, reply) => {
      const { body } = request;
      request.about = `revision ${body.revision}`;
      const result = await desired.call('undo', { ...body, ...by(request) });
      if (!result) throw unknown(body.revision);
      return reply.code(statusOf(result)).send(answered(result));
    },
  );
};
