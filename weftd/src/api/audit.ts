/** Who did what (shapes: `model/src/audit.ts`). */
import { type AuditDetails, type AuditEntry, type AuditSearch, auditActions } from '@weft/model';
import { numberIn, onlyThese, type Query, textIn } from './query.ts';
import { type ApiParts, Refusal, type Routes } from './routes.ts';

const usualLimit = 100;
const largestLimit = 1000;
/** An entry's objects may be all of a mesh. */
const largestWithChanges = 200;

const oneOf = <Word extends string>(query: Query, name: string, words: readonly Word[]): Word | undefined => {
  const text = textIn(query, name);
  const found = words.find((word) => word === text);
  if (text !== undefined && found === undefined) throw new Refusal(400, `${name} must be one of ${words.join(', ')}`);
  return found;
};

const results: readonly AuditEntry['result'][] = ['done', 'refused'];

const searchIn = (query: Query): AuditSearch & { readonly limit: number } => {
  onlyThese(query, 'from', 'to', 'user', 'action', 'result', 'about', 'namespace', 'before', 'limit', 'changes');
  const changes = oneOf(query, 'changes', ['true', 'false']) === 'true';
  const limit = numberIn(query, 'limit') ?? usualLimit;
  const largest = changes ? largestWithChanges : largestLimit;
  if (!Number.isInteger(limit) || limit < 1 || limit > largest) throw new Refusal(400, `limit must be 1 to ${largest}`);
  const numbers = ['from', 'to', 'before'].map((name) => [name, numberIn(query, name)] as const);
  const texts = ['user', 'about', 'namespace'].map((name) => [name, textIn(query, name)] as const);
  const words = [
    ['action', oneOf(query, 'action', auditActions)],
    ['result', oneOf(query, 'result', results)],
  ] as const;
  const said = [...numbers, ...texts, ...words].filter(([, value]) => value !== undefined);
  return { ...(Object.fromEntries(said) as AuditSearch), limit, changes };
};

const detailed = async ({ desired }: ApiParts, entry: AuditEntry): Promise<AuditDetails> => {
  const revision = entry.revision === undefined ? undefined : await desired.call('revision', entry.revision);
  return { ...entry, ...(revision && { changes: revision.changes }) };
};

const entryOf = async (parts: ApiParts, id: string): Promise<AuditDetails> => {
  const entry = /^\d{1,15}$/.test(id) ? await parts.desired.call('auditEntry', Number(id)) : undefined;
  if (!entry) throw new Refusal(404, `there is no entry ${id.slice(0, 80)}: it never was, or is forgotten by now`);
  return detailed(parts, entry);
};

const entriesOf = async (parts: ApiParts, query: Query): Promise<readonly AuditDetails[]> => {
  const { changes, ...search } = searchIn(query);
  const entries = await parts.desired.call('audited', search);
  return changes ? Promise.all(entries.map((entry) => detailed(parts, entry))) : entries;
};

export const auditRoutes: Routes = (server, parts) => {
  server.get<{ Querystring: Query }>('/audit', { config: { role: 'operator' } }, async ({ query }) => ({
    items: await entriesOf(parts, query),
  }));
  server.get<{ Params: { id: string } }>('/audit/:id', { config: { role: 'operator' } }, ({ params }) => entryOf(parts, params.id));
};
