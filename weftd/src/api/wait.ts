/** Waiting for proxies: until all have everything, or until one condition of one object is met. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Condition, type ConditionType, findKind, type WaitResult } from '@weft/model';
import type { StandingObject } from '../desired/messages.ts';
import { strangersMs } from '../push/contract.ts';
import { type ApiParts, Refusal, type Routes } from './routes.ts';
import { standings } from './standing.ts';

const longestWaitMs = 10 * 60_000;
const lookMs = 200;

interface ObjectWait {
  readonly condition: ConditionType;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Files written before the call are read and compiled first, so that it cannot return before they are even seen. */
const waitApplied = async ({ desired, push }: ApiParts, timeoutMs: number): Promise<WaitResult> => {
  const until = performance.now() + timeoutMs;
  const left = (): number => Math.max(0, until - performance.now());
  const strangersUntil = performance.now() + strangersMs;
  for (;;) {
    const revision = await desired.call('settle');
    const result = await push.waitApplied({ revision, timeoutMs: left(), strangersMs: Math.max(0, strangersUntil - performance.now()) });
    const { changing } = desired.node();
    if (!result.applied || changing.length === 0) return result;
    // Other steps follow, until the modes are those that were asked for.
    if (left() === 0) return { ...result, applied: false, pending: changing };
    await sleep(Math.min(lookMs, left()));
  }
};

const only = (found: readonly StandingObject[], { kind, name, namespace }: ObjectWait): StandingObject => {
  const [first, second] = found;
  if (!first) throw new Refusal(404, `there is no ${kind} ${name}${namespace === undefined ? '' : ` in namespace ${namespace}`}`);
  if (!second) return first;
  const namespaces = found.map(({ stored }) => stored.resource.metadata.namespace).join(', ');
  throw new Refusal(400, `there is a ${kind} ${name} in several namespaces (${namespaces}): name one`);
};

const look = async (wanted: ObjectWait, parts: ApiParts, isPatient: boolean): Promise<WaitResult & { readonly condition: Condition }> => {
  const { condition: type, ...query } = wanted;
  const item = only(await parts.desired.call('list', { ...query, dependents: type === 'Programmed' }), wanted);
  const [everywhere] = standings([item], parts);
  const [standing] = isPatient ? [everywhere] : standings([item], parts, { lateStrangers: false });
  const strangers = (everywhere?.pending ?? []).filter((name) => !standing?.pending.includes(name));
  const condition = standing?.conditions.find((one) => one.type === type);
  if (!standing || !condition) throw new Refusal(400, `a ${wanted.kind} is not told to proxies: it is never ${type.toLowerCase()}`);
  return {
    applied: condition.status === 'True',
    revision: item.stored.revision,
    pending: standing.pending,
    ...(strangers.length > 0 && { strangers }),
    condition,
  };
};

const waitForObject = async (wanted: ObjectWait, parts: ApiParts, timeoutMs: number): Promise<WaitResult> => {
  const start = performance.now();
  await parts.desired.call('settle');
  for (;;) {
    const passed = performance.now() - start;
    const result = await look(wanted, parts, passed < strangersMs);
    const left = timeoutMs - passed;
    if (result.applied || left <= 0) return result;
    await sleep(Math.min(lookMs, left));
  }
};

const waitable: ReadonlyMap<string, ConditionType> = new Map([
  ['accepted', 'Accepted'],
  ['programmed', 'Programmed'],
]);

interface WaitQuery {
  readonly timeoutMs?: string;
  readonly for?: string;
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/** Absent: for everything there is. */
const objectOf = ({ for: condition = 'applied', kind = '', name = '', namespace }: WaitQuery): ObjectWait | undefined => {
  if (condition === 'applied') return undefined;
  const type = waitable.get(condition);
  if (!type) throw new Refusal(400, `for must be applied, accepted or programmed, not ${JSON.stringify(condition)}`);
  const known = findKind(kind);
  if (!known) throw new Refusal(404, `there is no kind ${JSON.stringify(kind)}`);
  return { condition: type, kind: known.kind, name, ...(namespace !== undefined && known.namespaced && { namespace }) };
};

export const waitRoutes: Routes = (server, parts) => {
  server.get<{ Querystring: WaitQuery }>('/wait', { config: { role: 'viewer' } }, async ({ query }) => {
    const timeoutMs = Number(query.timeoutMs ?? 30_000);
    if (!(timeoutMs >= 0 && timeoutMs <= longestWaitMs)) throw new Refusal(400, `timeoutMs must be a number from 0 to ${longestWaitMs}`);
    const wanted = objectOf(query);
    return wanted ? waitForObject(wanted, parts, timeoutMs) : waitApplied(parts, timeoutMs);
  });
};
