/** Who did what with whom. As with logs, only the administrator reads them: they tell of people, by address and path. */
import type { ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PartyName, RecordQuery } from '@weft/signals';
import ipaddr from 'ipaddr.js';
import type { Telemetry } from '../telemetry/worker/thread.ts';
import { drained } from './drained.ts';
import { onlyThese, type Query } from './query.ts';
import { Refusal, type Routes } from './routes.ts';

const usualLimit = 100;
const largestLimit = 10_000;

/** `payments` or `shop/payments`. */
const partyIn = (text: string): PartyName => {
  const [first = '', second] = text.split('/', 2);
  return second === undefined ? { name: first } : { namespace: first, name: second };
};

/** As Envoy writes it: IPv6 at its shortest, and IPv4 for what is only mapped into it. */
const addressIn = (text: string): string => {
  if (isIP(text) === 0) throw new Refusal(400, `${text} is no IPv4 or IPv6 address`);
  return ipaddr.process(text).toString();
};

/** An identity, or a piece of one with `*` before or behind it. */
const principalIn = (text: string): string => {
  const piece = text.replace(/^\*|\*$/, '');
  if (piece.includes('*')) throw new Refusal(400, `${text}: * may stand at the start or at the end`);
  if (piece === text && !text.includes('://')) throw new Refusal(400, `${text} is no identity: write spiffe://…, or *${text}`);
  return text;
};

const oneOf =
  <Word extends string>(...words: readonly Word[]) =>
  (text: string, name: string): Word => {
    const found = words.find((word) => word === text);
    if (found === undefined) throw new Refusal(400, `${name} must be one of ${words.join(', ')}`);
    return found;
  };

const isTrue = (text: string, name: string): boolean => oneOf('true', 'false')(text, name) === 'true';

const onlyTrue = (text: string, name: string): true => {
  oneOf('true')(text, name);
  return true;
};

const whole = (text: string, name: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw new Refusal(400, `${name} must be a whole number`);
  return Number(text);
};

const limitIn = (text: string): number => {
  const limit = whole(text, 'limit');
  if (limit < 1 || limit > largestLimit) throw new Refusal(400, `limit must be 1 to ${largestLimit}`);
  return limit;
};

/** `503`, or `5xx`. */
const codeIn = (text: string): { readonly first: number; readonly last: number } => {
  const [, hundreds = '', rest = ''] = /^([1-5])(xx|\d\d)$/.exec(text) ?? [];
  if (hundreds === '') throw new Refusal(400, `${text} is no status: write 503, or 5xx`);
  const [first, last] = rest === 'xx' ? ['00', '99'] : [rest, rest];
  return { first: Number(`${hundreds}${first}`), last: Number(`${hundreds}${last}`) };
};

const asIs = (text: string): string => text;

const readers = {
  principal: principalIn,
  from: partyIn,
  to: partyIn,
  workload: partyIn,
  address: addressIn,
  path: asIs,
  method: (text) => text.toUpperCase(),
  code: codeIn,
  denied: isTrue,
  failed: onlyTrue,
  mtls: isTrue,
  side: oneOf('source', 'destination'),
  since: whole,
  until: whole,
  denial: asIs,
  request: asIs,
  after: whole,
  limit: limitIn,
} as const satisfies { readonly [Name in keyof RecordQuery]-?: (text: string, name: string) => NonNullable<RecordQuery[Name]> };

/** @throws Refusal where something is asked that there is not */
const recordQueryIn = (asked: Query): RecordQuery => {
  onlyThese(asked, ...Object.keys(readers));
  const read = Object.entries(asked).flatMap(([name, text]): [string, unknown][] => {
    if (typeof text === 'object') throw new Refusal(400, `${name} is said more than once`);
    const reader = readers[name as keyof typeof readers];
    return text === undefined ? [] : [[name, reader(text, name)]];
  });
  const query: RecordQuery = { limit: usualLimit, ...Object.fromEntries(read) };
  const { since = 0, until = Number.POSITIVE_INFINITY } = query;
  if (since >= until) throw new Refusal(400, 'since must be before until');
  return query;
};

/** The last minute. */
const usualTop = 60_000;
const lookMs = 250;
/** An empty line now and then finds out who is gone. */
const heartbeatMs = 10_000;

const [open, close] = [Buffer.from('{"items":['), Buffer.from(']}')];

/** Those that come, as they come: a reader who is slow gets them later, not fewer. */
const follow = async (records: Telemetry['records'], query: RecordQuery, to: ServerResponse): Promise<void> => {
  let after = query.after ?? (await records.last());
  let said = performance.now();
  while (!to.destroyed) {
    const { json, count, last = after } = await records.written({ ...query, after, limit: largestLimit }, '\n');
    after = last;
    if (count > 0 || performance.now() - said > heartbeatMs) {
      said = performance.now();
      to.write(json);
      if (!to.write('\n')) await drained(to);
    }
    if (count < largestLimit) await sleep(lookMs);
  }
  to.end();
};

export const recordRoutes: Routes = (server, parts) => {
  const { records } = parts.telemetry;
  server.get<{ Querystring: Query }>('/records', { config: { role: 'operator' } }, async ({ query }, reply) => {
    const { json } = await records.written(recordQueryIn(query), ',');
    return reply.type('application/json; charset=utf-8').send(Buffer.concat([open, json, close]));
  });
  server.get<{ Querystring: Query }>('/top', { config: { role: 'operator' } }, ({ query }) => {
    const asked = recordQueryIn(query);
    const { until = Date.now(), since = until - usualTop } = asked;
    return records.top({ ...asked, since, until });
  });
  server.get('/records/state', { config: { role: 'operator' } }, () => records.state());
  server.get<{ Querystring: Query }>('/records/follow', { config: { role: 'operator' } }, (request, reply) => {
    const query = recordQueryIn(request.query);
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    raw.flushHeaders();
    follow(records, query, raw).catch(() => raw.destroy());
  });
};
