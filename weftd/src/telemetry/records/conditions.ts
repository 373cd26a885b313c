/** What is asked of parties and records, as SQL. */
import type { SQLInputValue } from 'node:sqlite';
import { type PartyName, type RecordQuery, sideEffects } from '@weft/signals';

export interface Condition {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

export const condition = (sql: string, ...values: readonly SQLInputValue[]): Condition => ({ sql, values });

export const all = (conditions: readonly Condition[]): Condition => ({
  sql: conditions.length === 0 ? '1' : conditions.map(({ sql }) => sql).join(' AND '),
  values: conditions.flatMap(({ values }) => values),
});

/** LIKE would fold letters and read `%` and `_` in what is looked for. */
export const beginsWith = (column: string, text: string): Condition => condition(`substr(${column}, 1, ?) = ?`, [...text].length, text);
const endsWith = (column: string, text: string): Condition => condition(`substr(${column}, -?) = ?`, [...text].length, text);

export const principalIs = (pattern: string): Condition => {
  if (pattern === '*') return condition("principal <> ''");
  if (pattern.startsWith('*')) return endsWith('principal', pattern.slice(1));
  if (pattern.endsWith('*')) return beginsWith('principal', pattern.slice(0, -1));
  return condition('principal = ?', pattern);
};

const inNamespace = ({ namespace }: PartyName): readonly Condition[] =>
  namespace === undefined ? [] : [condition('namespace = ?', namespace)];

export const isWorkload = (name: PartyName): Condition =>
  all([condition('(workload = ? OR app = ?)', name.name, name.name), ...inNamespace(name)]);

/** A service by its whole host, or by the name and namespace that its host begins with. */
export const isCalled = (called: PartyName): Condition => {
  const { name, namespace } = called;
  const host = namespace === undefined ? `${name}.` : `${name}.${namespace}.`;
  const service = beginsWith('service', host);
  const workload = isWorkload(called);
  return condition(`((${workload.sql}) OR service = ? OR ${service.sql})`, ...workload.values, name, ...service.values);
};

const said = (path: string): string => `json_extract(shape, '$.${path}')`;

/** A part has few shapes, however many records. */
const hasShape = (part: number, { sql, values }: Condition): Condition =>
  condition(`shape IN (SELECT id FROM shapes_${part} WHERE ${sql})`, ...values);

export const isMethod = (part: number, method: string): Condition => hasShape(part, condition(`${said('request.method')} = ?`, method));

export const isCode = (part: number, { first, last }: NonNullable<RecordQuery['code']>): Condition =>
  hasShape(part, condition(`${said('request.status')} BETWEEN ? AND ?`, first, last));

export const isFailed = (part: number): Condition => {
  const bad = [
    `${said('verdict.kind')} = 'denied'`,
    `${said('flags')} NOT IN ('', ${sideEffects.map((flag) => `'${flag}'`).join(', ')})`,
    `${said('request.status')} >= 500`,
    `${said('request.grpcStatus')} NOT IN ('', '0')`,
  ];
  return hasShape(part, condition(bad.join(' OR ')));
};

/** As far as the index holds it; what is behind is to be looked at besides. */
export const pathIsNear = (path: string): Condition => {
  const start = [...path].slice(0, 24).join('');
  return condition('path IS NOT NULL AND substr(path, 1, 24) BETWEEN ? AND ?', start, `${start}\u{10ffff}`);
};

/** The index holds the beginning, which tells random ids apart in a quarter of the room. */
export const requestIs = (id: string): Condition =>
  condition('request IS NOT NULL AND substr(request, 1, 8) = ? AND request = ?', [...id].slice(0, 8).join(''), id);
