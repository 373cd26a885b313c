/**
 * One delta ADS stream as a state machine on plain values: `transition` takes what happened, `nextPush` says what may
 * be sent now. No gRPC, no clock. The rules [X1-X16] are those of Envoy's xds_protocol.rst that a server must keep.
 */
import { changesBetween, nextTarget, noResources, pushOrder, type ResourceMap, routeOf, type Standing } from '@weft/compile/diff';
import { decidingPlace, type Encoded, typeUrls } from '@weft/envoy';
import { acknowledge, refuse, reverted, settled } from './in-flight.ts';
import { type Aim, nothingWithheld, pendingOf, withheldBy, withLiveSuspects } from './pending.ts';
import type { Planned } from './plan.ts';
import { covers, maxNames, type Request, resubscribed, type Subscription, subscribed, without } from './subscription.ts';

const { CDS: cds, EDS: eds, ECDS: ecds, LDS: lds, RDS: rds, VHDS: vhds } = typeUrls;

export type Session = OpenSession | EndedSession;

export interface OpenSession {
  readonly kind: 'open';
  /** Makes nonces of this stream unlike those of any other. */
  readonly stream: string;
  readonly node: string;
  readonly planned: Planned;
  readonly subscriptions: ReadonlyMap<string, Subscription>;
  readonly pushes: number;
  /** Clusters that were sent and whose endpoints the client has not asked for yet [X14]. */
  readonly awaited: ReadonlySet<string>;
  /** The client had time enough to subscribe: what it has not asked for it does not want. */
  readonly patienceOver: boolean;
  readonly nacks: number;
  readonly lastNack: null | { readonly type: string; readonly message: string; readonly at: number };
  /** The newest revision that the client has all of; -1: none yet. */
  readonly revision: number;
}

export interface EndedSession {
  readonly kind: 'ended';
  readonly status: 'INVALID_ARGUMENT' | 'RESOURCE_EXHAUSTED';
  readonly reason: string;
}

export type Happening =
  | { readonly kind: 'request'; readonly request: Request; readonly at: number }
  | { readonly kind: 'planned'; readonly planned: Planned }
  /** Nothing happened for a while though something is awaited. */
  | { readonly kind: 'patience' };

export interface Push {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly resources: readonly Encoded[];
  readonly removed: readonly string[];
}

/** Types beyond Envoy's own that one stream may ask for; none of them is served, each is answered. */
const maxTypes = 24;

export const openSession = (opening: { readonly stream: string; readonly node: string; readonly planned: Planned }): OpenSession => ({
  ...opening,
  kind: 'open',
  subscriptions: new Map(),
  pushes: 0,
  awaited: nothing,
  patienceOver: false,
  nacks: 0,
  lastNack: null,
  revision: -1,
});

export const transition = (session: Session, happening: Happening): Session => {
  if (session.kind === 'ended') return session;
  switch (happening.kind) {
    case 'request':
      return counted(requested(session, happening.request, happening.at));
    case 'planned':
      return counted(withCurrentRefusals({ ...session, planned: happening.planned }));
    case 'patience':
      return counted({ ...session, patienceOver: true, awaited: nothing });
  }
};

const ended = (status: EndedSession['status'], reason: string): EndedSession => ({ kind: 'ended', status, reason });

const requested = (session: OpenSession, request: Request, at: number): Session => {
  // [X12]
  if (request.node !== undefined && request.node !== '' && request.node !== session.node) {
    return ended('INVALID_ARGUMENT', `node id changed within the stream to ${JSON.stringify(request.node)}`);
  }
  const { typeUrl } = request;
  const wanted = wantedOf(session, typeUrl);
  const before = session.subscriptions.get(typeUrl);
  if (!before && session.subscriptions.size >= maxTypes) return ended('RESOURCE_EXHAUSTED', `more than ${maxTypes} types`);
  const answered = before ? answer(session, before, request, at) : session;
  const current = answered.subscriptions.get(typeUrl);
  const next = current ? resubscribed(current, request, wanted) : subscribed(request, wanted);
  if (next.names.size > maxNames) return ended('RESOURCE_EXHAUSTED', `more than ${maxNames} names of ${typeUrl}`);
  const after = withSubscription(answered, typeUrl, next);
  return typeUrl === eds ? awaitedAsked(after) : after;
};

/** [X1]: refused or not is told by the error alone; an answer to any other nonce is no answer. */
const answer = (session: OpenSession, subscription: Subscription, request: Request, at: number): OpenSession => {
  if (!subscription.inFlight || request.nonce !== subscription.inFlight.nonce) return session;
  const { typeUrl, error } = request;
  if (error === undefined) return withSubscription(session, typeUrl, acknowledge(subscription, at));
  const next = refuse(subscription, typeUrl, error);
  const nacked: OpenSession = { ...session, nacks: session.nacks + 1, lastNack: { type: typeUrl, message: error, at } };
  // A cluster that was refused, and is there in no version, never asks for its endpoints.
  const awaited =
    typeUrl === cds
      ? new Set([...session.awaited].filter((name) => !next.refused.has(name) || next.acknowledged.has(name)))
      : session.awaited;
  return withCurrentRefusals(withSubscription({ ...nacked, awaited }, typeUrl, next));
};

/** [X2] holds while just that is wanted: what changed, or went and came back, is tried again. */
const withCurrentRefusals = (session: OpenSession): OpenSession => {
  let current = session;
  for (const [type, subscription] of session.subscriptions) {
    const wanted = wantedOf(session, type);
    const stale = [...subscription.refused].filter(([name, version]) => wanted.get(name)?.version !== version);
    if (stale.length === 0) continue;
    const refused = new Map(subscription.refused);
    for (const [name] of stale) refused.delete(name);
    const inFlight = new Set(subscription.inFlight?.resources.map(({ name }) => name));
    const never = stale
      .filter(([name, version]) => subscription.sent.get(name)?.version === version && !inFlight.has(name))
      .map(([name]) => name);
    current = withSubscription(current, type, {
      ...subscription,
      refused,
      sent: reverted(subscription.sent, subscription.acknowledged, never),
    });
  }
  return current;
};

/** What to send now, if anything: the first type in order that is not waiting for an answer or for another type. */
export const nextPush = (session: OpenSession): { readonly session: OpenSession; readonly push?: Push } => {
  let current = withoutDeadSuspects(session);
  for (let passes = 0; passes < 3; passes++) {
    const standing = standings(current);
    let advanced = current;
    for (const type of typesInOrder(current)) {
      const subscription = current.subscriptions.get(type);
      if (!subscription || subscription.inFlight) continue;
      const target = nextTarget(type, standing, current.planned.resources);
      if (!target) continue;
      const pending = pendingOf(subscription, aimAt(current, type, target));
      if (pending) return pushed(advanced, type, pending);
      // The difference is in names that the client did not ask for.
      if (subscription.sent !== target && !standing(type).refused) {
        advanced = withSubscription(advanced, type, settled({ ...subscription, sent: target }));
      }
    }
    if (advanced === current) return { session: current };
    current = counted(advanced) as OpenSession;
  }
  return { session: current };
};

const aimOf = (session: OpenSession, type: string) => ({
  wanted: wantedOf(session, type),
  withheld: withheldBy(session.subscriptions, type),
});

const aimAt = (session: OpenSession, type: string, target: ResourceMap): Aim => {
  if (type === eds) return endpointsAim(session, target);
  const aim = { ...aimOf(session, type), target };
  return type === ecds ? { ...aim, wanted: besidesWaiting(aim.wanted, target) } : aim;
};

/** [G30]: what has to wait waits also where the client asks for it again. */
const besidesWaiting = (wanted: ResourceMap, target: ResourceMap): ResourceMap =>
  wanted.get(decidingPlace)?.version === target.get(decidingPlace)?.version ? wanted : without(wanted, [decidingPlace]);

/**
 * [X14]: a cluster that is on its way has to get endpoints even if it is not wanted any more: those that it had.
 * What an earlier stream sent is not here to be sent again; that the endpoints are gone is an answer, too.
 */
const endpointsAim = (session: OpenSession, target: ResourceMap): Aim => {
  const aim = { ...aimOf(session, eds), target };
  const warming = session.subscriptions.get(cds)?.inFlight?.resources ?? [];
  const had = warming.flatMap(({ name }) => (aim.wanted.has(name) ? [] : (target.get(name) ?? [])));
  if (had.length === 0) return aim;
  const [kept, lost] = [had.filter(({ bytes }) => bytes.length > 0), had.filter(({ bytes }) => bytes.length === 0)];
  const without = new Map(target);
  for (const { name } of lost) without.delete(name);
  return { ...aim, wanted: new Map([...aim.wanted, ...kept.map((resource) => [resource.name, resource] as const)]), target: without };
};

const withoutDeadSuspects = (session: OpenSession): OpenSession => {
  let current = session;
  for (const [type, subscription] of session.subscriptions) {
    if (subscription.inFlight || subscription.suspects.length === 0) continue;
    current = withSubscription(current, type, withLiveSuspects(subscription, aimOf(current, type)));
  }
  return current;
};

const pushed = (session: OpenSession, typeUrl: string, pending: NonNullable<ReturnType<typeof pendingOf>>) => {
  const nonce = `${session.stream}-${session.pushes + 1}`;
  const { resources, removed, subscription } = pending;
  const sent = withSubscription({ ...session, pushes: session.pushes + 1 }, typeUrl, { ...subscription, inFlight: { nonce, resources } });
  const push: Push = { typeUrl, nonce, resources, removed };
  if (typeUrl === cds) {
    return { push, session: endpointsFollow(awaitingLess(sent, removed), withEndpoints(resources, wantedOf(sent, eds))) };
  }
  if (typeUrl === rds) {
    const owed = session.subscriptions.get(rds)?.owed;
    const again = resources.filter(({ name }) => owed?.has(name)).map(({ name }) => name);
    return { push, session: virtualHostsFollow(sent, new Set(again)) };
  }
  return { push, session: sent };
};

/** [X14]: Envoy warms a cluster that it is sent until its endpoints come, even if it had them before. */
const endpointsFollow = (session: OpenSession, clusters: ReadonlySet<string>): OpenSession => {
  if (clusters.size === 0) return session;
  const subscription = session.subscriptions.get(eds);
  if (!subscription) {
    if (session.patienceOver) return session;
    return { ...session, awaited: session.awaited.size === 0 ? clusters : new Set([...session.awaited, ...clusters]) };
  }
  const covered = all(clusters, (name) => covers(subscription, name));
  const uncovered = covered ? [] : [...clusters].filter((name) => !covers(subscription, name));
  const awaited = new Set([...session.awaited, ...uncovered]);
  if (all(clusters, (name) => subscription.owed.has(name))) return { ...session, awaited };
  const owed = new Set([...subscription.owed, ...(covered ? clusters : [...clusters].filter((name) => covers(subscription, name)))]);
  return withSubscription({ ...session, awaited }, eds, { ...subscription, owed });
};

/**
 * Endpoints are asked for: what was awaited is owed, even if the client has it from an earlier stream. Clusters whose
 * endpoints it still does not ask for wait on, also those that nobody wants just now: they may be wanted again as they are.
 */
const awaitedAsked = (session: OpenSession): OpenSession => {
  const { awaited } = session;
  const subscription = session.subscriptions.get(eds);
  if (awaited.size === 0 || !subscription) return session;
  const wanted = wantedOf(session, eds);
  const left = [...awaited].filter((name) => !covers(subscription, name));
  const asked = left.length === 0 && all(awaited, (name) => wanted.has(name));
  const owed = asked ? awaited : new Set([...awaited].filter((name) => wanted.has(name) && covers(subscription, name)));
  return endpointsFollow({ ...session, awaited: left.length === 0 ? nothing : new Set(left) }, owed);
};

const nothing: ReadonlySet<string> = new Set();

/** A cluster that the client need not have any more waits for nothing. */
const awaitingLess = (session: OpenSession, gone: readonly string[]): OpenSession => {
  if (!gone.some((name) => session.awaited.has(name))) return session;
  const awaited = new Set(session.awaited);
  for (const name of gone) awaited.delete(name);
  return { ...session, awaited };
};

/** Those of some clusters that have endpoints of their own; the same set for all who are sent the same. */
const withEndpoints = (clusters: readonly Encoded[], endpoints: ResourceMap): ReadonlySet<string> => {
  const known = endpointClusters.get(clusters);
  if (known?.endpoints === endpoints) return known.names;
  const names = new Set<string>();
  for (const { name } of clusters) if (endpoints.has(name)) names.add(name);
  endpointClusters.set(clusters, { endpoints, names });
  return names;
};

const endpointClusters = new WeakMap<readonly Encoded[], { readonly endpoints: ResourceMap; readonly names: ReadonlySet<string> }>();

/** A client that asks for a route configuration anew has forgotten its virtual hosts: in Envoy they live inside it. */
const virtualHostsFollow = (session: OpenSession, routes: ReadonlySet<string>): OpenSession => {
  const subscription = session.subscriptions.get(vhds);
  if (!subscription || routes.size === 0) return session;
  const owed = new Set(subscription.owed);
  for (const name of wantedOf(session, vhds).keys()) if (routes.has(routeOf(name)) && covers(subscription, name)) owed.add(name);
  return withSubscription(session, vhds, { ...subscription, owed });
};

/** Whether the client has acknowledged all that it shall have. */
export const inStep = (session: OpenSession): boolean => {
  if (!session.subscriptions.has(cds) || !session.subscriptions.has(lds)) return false;
  const standing = standings(session);
  return pushOrder.every((type) => {
    const subscription = session.subscriptions.get(type);
    if (!subscription) return true;
    const { inFlight, behind, refused } = standing(type);
    if (inFlight || behind || refused) return false;
    if (type === ecds) return true; // its removals are the client's [X17]
    return !changesBetween(subscription.sent, wantedOf(session, type)).removed.some((name) => covers(subscription, name));
  });
};

const counted = (session: Session): Session =>
  session.kind === 'open' && session.revision !== session.planned.revision && inStep(session)
    ? { ...session, revision: session.planned.revision }
    : session;

/** How far the client is with each type, worked out when asked for. */
const standings = (session: OpenSession): ((type: string) => Standing) => {
  const known = new Map<string, Standing>();
  return (type) => {
    const standing = known.get(type) ?? standingOf(session, type);
    known.set(type, standing);
    return standing;
  };
};

const standingOf = (session: OpenSession, type: string): Standing => {
  const wanted = wantedOf(session, type);
  const subscription = session.subscriptions.get(type);
  const awaiting = type === eds && any(session.awaited, (name) => wanted.has(name));
  if (!subscription) {
    return { sent: noResources, inFlight: false, behind: awaiting, absent: wanted.size > 0 && !session.patienceOver, refused: false };
  }
  const { sent, refused, owed, suspects, inFlight } = subscription;
  const withheld = withheldBy(session.subscriptions, type);
  const changed = sent === wanted ? [] : changesBetween(sent, wanted).changed;
  const covered = subscription.wildcard ? () => true : ({ name }: Encoded) => covers(subscription, name);
  const owing = any(owed, (name) => {
    const resource = wanted.get(name);
    // What is gone but has to stay for a while is answered when it goes.
    return resource ? !withheld(resource) : !sent.has(name);
  });
  return {
    sent,
    inFlight: inFlight !== undefined,
    behind: awaiting || owing || suspects.length > 0 || changed.some((resource) => covered(resource) && !withheld(resource)),
    absent: false,
    refused:
      (withheld !== nothingWithheld && changed.some((resource) => covered(resource) && withheld(resource))) ||
      [...refused].some(([name, version]) => wanted.get(name)?.version === version),
  };
};

const all = <T>(every: Iterable<T>, test: (one: T) => boolean): boolean => !any(every, (one) => !test(one));

const any = <T>(all: Iterable<T>, test: (one: T) => boolean): boolean => {
  for (const one of all) if (test(one)) return true;
  return false;
};

const wantedOf = (session: OpenSession, type: string): ResourceMap => session.planned.resources.get(type) ?? noResources;

const typesInOrder = (session: OpenSession): readonly string[] => {
  const ordered: readonly string[] = pushOrder;
  return [...ordered, ...[...session.subscriptions.keys()].filter((type) => !ordered.includes(type))];
};

const withSubscription = (session: OpenSession, type: string, subscription: Subscription): OpenSession => {
  const subscriptions = new Map(session.subscriptions);
  subscriptions.set(type, subscription);
  return { ...session, subscriptions };
};
