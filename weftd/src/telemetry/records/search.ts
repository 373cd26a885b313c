/** A question about records as SQL over one part. */
import type { SQLInputValue } from 'node:sqlite';
import type { PartyName, RecordQuery } from '@weft/signals';
import { partyColumns } from './schema.ts';

interface Condition {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

const condition = (sql: string, ...values: readonly SQLInputValue[]): Condition => ({ sql, values });

const all = (conditions: readonly Condition[]): Condition => ({
  sql: conditions.length === 0 ? '1' : conditions.map(({ sql }) => sql).join(' AND '),
  values: conditions.flatMap(({ values }) => values),
});

/** LIKE would fold letters and read `%` and `_` in what is looked for. */
const beginsWith = (column: string, text: string): Condition => condition(`substr(${column}, 1, ?) = ?`, [...text].length, text);
const endsWith = (column: string, text: string): Condition => condition(`substr(${column}, -?) = ?`, [...text].length, text);

const principalIs = (pattern: string): Condition => {
  if (pattern === '*') return condition("principal <> ''");
  if (pattern.startsWith('*')) return endsWith('principal', pattern.slice(1));
  if (pattern.endsWith('*')) return beginsWith('principal', pattern.slice(0, -1));
  return condition('principal = ?', pattern);
};

const inNamespace = ({ namespace }: PartyName): readonly Condition[] =>
  namespace === undefined ? [] : [condition('namespace = ?', namespace)];

const isWorkload = (name: PartyName): Condition =>
  all([condition('(workload = ? OR app = ?)', name.name, name.name), ...inNamespace(name)]);

/** A service by its whole host, or by the name and namespace that its host begins with. */
const isCalled = (called: PartyName): Condition => {
  const { name, namespace } = called;
  const host = namespace === undefined ? `${name}.` : `${name}.${namespace}.`;
  const service = beginsWith('service', host);
  const workload = isWorkload(called);
  return condition(`((${workload.sql}) OR service = ? OR ${service.sql})`, ...workload.values, name, ...service.values);
};

/** Of the records' party at one end: its number is among those of the parties that are so. */
const party = (part: number, end: 'source' | 'destination', is: Condition): Condition =>
  condition(`${end} IN (SELECT id FROM parties_${part} WHERE ${is.sql})`, ...is.values);

const either = (part: number, name: PartyName): Condition => {
  const ends = [party(part, 'source', isWorkload(name)), party(part, 'destination', isWorkload(name))];
  return condition(`(${ends.map(({ sql }) => sql).join(' OR ')})`, ...ends.flatMap(({ values }) => values));
};

/** Each of the three has an index. */
const addressIs = (address: string): Condition => condition('(peer = ? OR server = ? OR client = ?)', address, address, address);

/** The index holds the beginning, which tells random ids apart in a quarter of the room. */
const requestIs = (id: string): Condition =>
  condition('(request IS NOT NULL AND substr(request, 1, 8) = ? AND request = ?)', [...id].slice(0, 8).join(''), id);

const conditions = (part: number, query: RecordQuery): readonly Condition[] => {
  const { principal, from, to, workload, address, path, denied, mtls, side, since, until, denial, request, after } = query;
  return [
    ...(since === undefined ? [] : [condition('at >= ?', since)]),
    ...(until === undefined ? [] : [condition('at < ?', until)]),
    ...(principal === undefined ? [] : [party(part, 'source', principalIs(principal))]),
    ...(from === undefined ? [] : [party(part, 'source', isWorkload(from))]),
    ...(to === undefined ? [] : [party(part, 'destination', isCalled(to))]),
    ...(workload === undefined ? [] : [either(part, workload)]),
    ...(address === undefined ? [] : [addressIs(address)]),
    ...(path === undefined ? [] : [beginsWith('path', path)]),
    ...(denied === undefined ? [] : [condition(denied ? 'denied = 1' : 'denied = 0')]),
    ...(mtls === undefined ? [] : [condition(mtls ? 'mtls = 1' : 'mtls = 0')]),
    ...(side === undefined ? [] : [condition(`side = ${side === 'source' ? 0 : 1}`)]),
    ...(denial === undefined ? [] : [condition('denial = ?', denial)]),
    ...(request === undefined ? [] : [requestIs(request)]),
    ...(after === undefined ? [] : [condition('id > ?', after)]),
  ];
};

const columnsOf = (end: 'source' | 'destination'): string =>
  partyColumns.map((column) => `${end}.${column} AS ${end}_${column}`).join(', ');

/** First which ones, by indexes alone where that is enough; then those rows as a whole. */
export const searchOf = (part: number, query: RecordQuery): Condition => {
  const { sql, values } = all(conditions(part, query));
  const order = query.after === undefined ? (prefix: string) => `${prefix}at DESC, ${prefix}id DESC` : (prefix: string) => `${prefix}id`;
  return condition(
    `SELECT found.*, shapes.shape AS shape_text, ${columnsOf('source')}, ${columnsOf('destination')}
     FROM (SELECT id FROM records_${part} WHERE ${sql} ORDER BY ${order('')} LIMIT ?) AS chosen
     JOIN records_${part} AS found ON found.id = chosen.id
     JOIN shapes_${part} AS shapes ON shapes.id = found.shape
     JOIN parties_${part} AS source ON source.id = found.source
     JOIN parties_${part} AS destination ON destination.id = found.destination
     ORDER BY ${order('found.')}`,
    ...values,
    query.limit,
  );
};
