/**
 * A question about records as SQL over one part. Records are come by in one way or several, each along an index that has them in the order of
 * time, so that none reads more than the newest ones that are wanted; all else that is asked is looked at on the way.
 */
import type { RecordQuery } from '@weft/signals';
import {
  all,
  beginsWith,
  type Condition,
  condition,
  isCalled,
  isCode,
  isFailed,
  isMethod,
  isWorkload,
  pathIsNear,
  principalIs,
  requestIs,
} from './conditions.ts';
import { partyColumns } from './schema.ts';

/** What is asked of a part before it is searched. */
export interface PartLook {
  /** A part that is still filled has only the order of time. */
  readonly isIndexed: boolean;
  /** The numbers of those parties for which this holds. */
  readonly partiesThat: (holds: Condition) => readonly number[];
  /** Whether it holds for so few records that sorting them costs less than looking through the newest until enough are found. */
  readonly isRare: (holds: Condition) => boolean;
}

type End = 'source' | 'destination';

/** More ways than that would cost more than sorting what one finds. */
const mostWays = 64;

const isOneOf = (end: End, parties: readonly number[]): Condition => condition(`${end} IN (${parties.join(', ')})`);

/** Alternatives that together are one thing asked. */
type Asked = readonly Condition[];

const anyOf = (asked: Asked): Condition => {
  const [only, ...others] = asked;
  if (only && others.length === 0) return only;
  return condition(`(${asked.map(({ sql }) => `(${sql})`).join(' OR ') || '0'})`, ...asked.flatMap(({ values }) => values));
};

const partiesAt = (end: End, parties: readonly number[]): Asked =>
  parties.length > mostWays ? [isOneOf(end, parties)] : parties.map((party) => isOneOf(end, [party]));

const callers = ({ principal, from }: RecordQuery): readonly Condition[] => [
  ...(principal === undefined ? [] : [principalIs(principal)]),
  ...(from === undefined ? [] : [isWorkload(from)]),
];

/** What a full part has an index of, the most telling first. */
const named = (query: RecordQuery, { partiesThat }: PartLook): readonly Asked[] => {
  const { request, denial, address, to, workload } = query;
  const isCaller = callers(query);
  const parties = workload === undefined ? [] : partiesThat(isWorkload(workload));
  return [
    ...(request === undefined ? [] : [[requestIs(request)]]),
    ...(denial === undefined ? [] : [[condition('denial = ?', denial)]]),
    ...(address === undefined ? [] : [['peer', 'client', 'server'].map((column) => condition(`${column} = ?`, address))]),
    ...(isCaller.length === 0 ? [] : [partiesAt('source', partiesThat(all(isCaller)))]),
    ...(to === undefined ? [] : [partiesAt('destination', partiesThat(isCalled(to)))]),
    ...(workload === undefined ? [] : [[...partiesAt('source', parties), ...partiesAt('destination', parties)]]),
  ];
};

/** Those that come after one are few, and are in the order of their numbers. */
const isInOrder = ({ after }: RecordQuery, { isIndexed }: PartLook): boolean => after !== undefined || !isIndexed;

/** Where nobody is named, a path that few asked for tells as much. */
const telling = (query: RecordQuery, look: PartLook): readonly Asked[] => {
  const asked = named(query, look);
  if (asked.length > 0 || query.path === undefined || isInOrder(query, look)) return asked;
  const near = pathIsNear(query.path);
  return look.isRare(near) ? [[near]] : [];
};

const others = (
  part: number,
  { path, method, code, denied, failed, mtls, side, since, until, after }: RecordQuery,
): readonly Condition[] => [
  ...(since === undefined ? [] : [condition('at >= ?', since)]),
  ...(until === undefined ? [] : [condition('at < ?', until)]),
  ...(path === undefined ? [] : [beginsWith('path', path)]),
  ...(method === undefined ? [] : [isMethod(part, method)]),
  ...(code === undefined ? [] : [isCode(part, code)]),
  ...(denied === undefined ? [] : [condition(denied ? 'denied = 1' : 'denied = 0')]),
  ...(failed ? [isFailed(part)] : []),
  ...(mtls === undefined ? [] : [condition(mtls ? 'mtls = 1' : 'mtls = 0')]),
  ...(side === undefined ? [] : [condition(`side = ${side === 'source' ? 0 : 1}`)]),
  ...(after === undefined ? [] : [condition('id > ?', after)]),
];

interface Search {
  readonly part: number;
  readonly query: RecordQuery;
  readonly look: PartLook;
}

const waysOf = (asked: readonly Asked[], { part, query, look }: Search): { readonly ways: Asked; readonly rest: readonly Condition[] } => {
  const [first, ...more] = asked;
  const rest = others(part, query);
  if (!first || isInOrder(query, look)) return { ways: [condition('1')], rest: [...asked.map(anyOf), ...rest] };
  return { ways: first, rest: [...more.map(anyOf), ...rest] };
};

const columnsOf = (end: End): string => partyColumns.map((column) => `${end}.${column} AS ${end}_${column}`).join(', ');

/** Undefined: nobody in this part is one that is asked for. */
export const searchOf = (part: number, query: RecordQuery, look: PartLook): Condition | undefined => {
  const asked = telling(query, look);
  if (asked.some((alternatives) => alternatives.length === 0)) return undefined;
  const { ways, rest } = waysOf(asked, { part, query, look });
  const order = query.after === undefined ? 'at DESC, id DESC' : 'id';
  const found = ways.map((way) => {
    const { sql, values } = all([way, ...rest]);
    return condition(`SELECT * FROM (SELECT id, at FROM records_${part} WHERE ${sql} ORDER BY ${order} LIMIT ?)`, ...values, query.limit);
  });
  // CROSS: what was chosen comes first (sqlite.org/optoverview.html#manual_control_of_query_plans_using_cross_join), or the whole part is read in order.
  return condition(
    `SELECT found.*, shapes.shape AS shape_text, ${columnsOf('source')}, ${columnsOf('destination')}
     FROM (${found.map(({ sql }) => sql).join(' UNION ')} ORDER BY ${order} LIMIT ?) AS chosen
     CROSS JOIN records_${part} AS found ON found.id = chosen.id
     CROSS JOIN shapes_${part} AS shapes ON shapes.id = found.shape
     CROSS JOIN parties_${part} AS source ON source.id = found.source
     CROSS JOIN parties_${part} AS destination ON destination.id = found.destination
     ORDER BY ${order.replaceAll(/(at|id)/g, 'found.$1')}`,
    ...found.flatMap(({ values }) => values),
    query.limit,
  );
};
