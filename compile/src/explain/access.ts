/**
 * Who may call whom: what policies say of a caller before it is known what it asks for. A rule whose conditions on the caller and the port
 * hold, and that asks no more, decides; one that also asks about the request may decide.
 */
import type { AccessDecision, AccessEnd, AccessPair, DecidingRule, MtlsMode } from '@weft/model';
import { spiffeId } from '@weft/model';
import { peerOriginsIn } from '../istio/peer-authentication.ts';
import type { RunningPod } from '../kubernetes/workload.ts';
import { type AuthorizationPolicy, type AuthorizationSlice, type Condition, type Conditions, isHttp, type Test } from '../mesh/index.ts';
import { scope } from '../scope/index.ts';
import type { Facts } from './facts.ts';
import { expectedProxy, type Situation } from './journey.ts';
import { type Judged, told } from './rules.ts';
import { isMet } from './subjects.ts';
import { isEnforced, verdict } from './verdict.ts';

/** Known of a caller by its workload alone; addresses of pods come and go, but those that run are known. */
const known: ReadonlySet<Test['kind']> = new Set([
  'principal',
  'namespace',
  'service-account',
  'trust-domain',
  'destination-port',
  'source-ip',
  'destination-ip',
]);

type Match = 'always' | 'sometimes' | 'never';

const ofAll = (conditions: Conditions, facts: Facts): Match => {
  const isKnown = ({ test }: Condition): boolean => known.has(test.kind);
  if (conditions.some((condition) => isKnown(condition) && !isMet(condition, facts))) return 'never';
  return conditions.every(isKnown) ? 'always' : 'sometimes';
};

const least = (matches: readonly Match[]): Match =>
  matches.includes('never') ? 'never' : matches.includes('sometimes') ? 'sometimes' : 'always';
const most = (matches: readonly Match[]): Match =>
  matches.includes('always') ? 'always' : matches.includes('sometimes') ? 'sometimes' : 'never';

interface Matching {
  readonly match: Match;
  readonly rule: DecidingRule;
}

const matchesOf = (policies: readonly AuthorizationPolicy[], facts: Facts): readonly Matching[] =>
  policies.flatMap((policy) =>
    policy.rules.flatMap(({ from, to, when }, index): Matching[] => {
      const entries = (all: readonly Conditions[]): Match => most(all.map((conditions) => ofAll(conditions, facts)));
      const match = least([entries(from), entries(to), ofAll(when, facts)]);
      const [first] = [...from, ...to, when].flat();
      const judged: Judged = { policy, index, lacking: [], isVoid: false, ...(first && { first }) };
      return match === 'never' ? [] : [{ match, rule: told(judged) }];
    }),
  );

type Decided = Pick<AccessPair, 'decision' | 'why' | 'rules'>;

const rulesOf = (matching: readonly Matching[]): readonly DecidingRule[] => matching.map(({ rule }) => rule);

const named = ({ namespace, policy }: DecidingRule): string => `${namespace}/${policy}`;

const ofRequests = ({ custom, undecided, deny, allow }: AuthorizationSlice, facts: Facts): Decided => {
  const denying = matchesOf([...undecided, ...deny.filter(isEnforced)], facts);
  const [never] = denying.filter(({ match }) => match === 'always');
  if (never) return { decision: 'denied', why: `DENY ${named(never.rule)} matches whatever it asks for`, rules: [never.rule] };
  const asking = matchesOf(
    custom.flatMap(({ policies }) => policies),
    facts,
  );
  const admitting = allow.filter(isEnforced);
  const allowing = matchesOf(admitting, facts);
  if (admitting.length > 0 && allowing.length === 0)
    return { decision: 'denied', why: 'no rule of the ALLOW policies is for this caller [default deny]', rules: [] };
  const unsure = [...denying, ...asking];
  const [always] = allowing.filter(({ match }) => match === 'always');
  if (unsure.length > 0) {
    const why = asking.length > 0 ? 'an external authorizer is asked' : 'DENY policies refuse some of what it may ask for';
    return { decision: 'depends', why, rules: rulesOf([...unsure, ...allowing]) };
  }
  if (always) return { decision: 'allowed', why: `ALLOW ${named(always.rule)} matches whatever it asks for`, rules: [always.rule] };
  if (allowing.length > 0)
    return { decision: 'depends', why: 'ALLOW policies admit some of what it may ask for', rules: rulesOf(allowing) };
  return { decision: 'allowed', why: 'no ALLOW policy is for this workload, and no DENY policy is about this caller', rules: [] };
};

const ofConnections = (slice: AuthorizationSlice, facts: Facts): Decided => {
  const { allowed, why, by, asks = [] } = verdict(slice, facts);
  const decision: AccessDecision = allowed ? (asks.length > 0 ? 'depends' : 'allowed') : 'denied';
  return { decision, why, rules: by ? [by] : asks };
};

interface Caller extends AccessEnd {
  /** Absent: nothing proves who it is. */
  readonly identity?: string;
  readonly address: string;
}

const callersIn = ({ pods, mesh }: Situation): readonly Caller[] =>
  byWorkload(pods).map(({ pod, address }) => ({
    ...{ namespace: pod.namespace, workload: pod.workload.name, address },
    ...(pod.proxy !== 'none' && {
      identity: spiffeId({ trustDomain: mesh.rules.trustDomain, namespace: pod.namespace, serviceAccount: pod.serviceAccount }),
    }),
  }));

/** One pod of each: all have the same policies. */
const byWorkload = (pods: readonly RunningPod[]): readonly RunningPod[] => [
  ...new Map(pods.map((pod) => [`${pod.pod.namespace}/${pod.pod.workload.name}`, pod])).values(),
];

interface Door {
  readonly port: number;
  readonly isHttp: boolean;
  readonly mode: MtlsMode;
}

const doorsOf = (running: RunningPod, { mesh, resources }: Situation): readonly Door[] => {
  const originOf = peerOriginsIn(resources, mesh.rules.rootNamespace);
  return scope(mesh, expectedProxy(running)).inbound.ports.map(({ port, protocol }) => ({
    port,
    // What nobody says a protocol of may be requests.
    isHttp: isHttp(protocol) || protocol === 'auto',
    mode: originOf(running.pod, port).mode,
  }));
};

const decidedAt = (door: Door, caller: Caller, to: RunningPod, slice: AuthorizationSlice): Decided => {
  if (door.mode === 'STRICT' && caller.identity === undefined)
    return { decision: 'denied', why: 'mutual TLS is demanded there, and the caller has no proxy that could speak it', rules: [] };
  const isProven = caller.identity !== undefined && door.mode !== 'DISABLE';
  const facts: Facts = {
    ...{ source: caller.address, destination: to.address, port: door.port, serverName: '' },
    ...(isProven && { identity: caller.identity ?? '' }),
  };
  return door.isHttp ? ofRequests(slice, facts) : ofConnections(slice, facts);
};

/** @param into of callees: only these namespaces; absent: all */
export const accessIn = (situation: Situation, into?: string): readonly AccessPair[] => {
  const callers = callersIn(situation);
  const callees = byWorkload(situation.pods).filter(({ pod }) => pod.proxy === 'sidecar' && (into === undefined || pod.namespace === into));
  return callees.flatMap((running) => {
    const { authorization } = scope(situation.mesh, expectedProxy(running));
    const doors = doorsOf(running, situation);
    const to = { namespace: running.pod.namespace, workload: running.pod.workload.name };
    return callers.flatMap((caller): readonly AccessPair[] => {
      if (caller.namespace === to.namespace && caller.workload === to.workload) return [];
      const from = { namespace: caller.namespace, workload: caller.workload };
      const decided = doors.map(({ port, ...door }) => ({ port, ...decidedAt({ port, ...door }, caller, running, authorization) }));
      const alike = Map.groupBy(decided, ({ decision }) => decision);
      return [...alike.values()].map((same): AccessPair => {
        const [{ decision, why, rules } = { decision: 'allowed' as const, why: '', rules: [] }] = same;
        return { from, to, ports: same.map(({ port }) => port), decision, why, rules };
      });
    });
  });
};
