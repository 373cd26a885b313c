/**
 * One Envoy's ADS stream between Envoy and weftd, without IO: nonces towards Envoy are ours, those towards weftd
 * are weftd's, and what Envoy acknowledged is kept to answer from while weftd is away. The rules (R1-R10) were learnt by
 * running a relay against Envoy 1.40; each is named where it is kept.
 */
import { typeUrls } from '@weft/envoy';
import { type Envelope, type Resource, writeEnvelope } from './envelope.ts';
import {
  answerFrom,
  type Configuration,
  changeSubscription,
  isWhole,
  keep,
  markSent,
  openSubscription,
  owes,
  type Subscription,
  takeBack,
  versionsHeld,
} from './subscription.ts';

/** The fields of a `DeltaDiscoveryRequest` that a relay handles; the rest is the transport's. */
export interface Request {
  readonly typeUrl: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly initialVersions: Readonly<Record<string, string>>;
  readonly nonce: string;
  /** Envoy refuses the response with this nonce. */
  readonly error?: { readonly code: number; readonly message: string };
}

interface InFlight {
  readonly typeUrl: string;
  /** Absent: answered from the snapshot, so weftd waits for no acknowledgement. */
  readonly upstream?: { readonly nonce: string; readonly stream: number };
  readonly resources: readonly Resource[];
  readonly removed: readonly string[];
}

export interface Session {
  /** What Envoy says. @returns what weftd must hear of it, if its stream is open. */
  request(request: Request): Request | undefined;
  /** A new stream to weftd is open. @returns all that it must be told (R2). */
  announce(): Request[];
  /** What weftd says. @returns the bytes for Envoy, or the acknowledgement of what Envoy need not see. */
  response(envelope: Envelope): { readonly down: Uint8Array } | { readonly up: Request };
  /** What the last acknowledged configuration can answer of what is owed. */
  answerFromSnapshot(): Uint8Array[];
  /** Envoy waits for an answer. */
  owes(): boolean;
  /** No response is waiting for Envoy's acknowledgement. */
  settled(): boolean;
  /** All that Envoy acknowledged, if it is a whole configuration; undefined in the middle of a change. */
  configuration(): Configuration | undefined;
  /** Grows with each acknowledged change. */
  readonly changes: number;
}

/** Make before break: what is referred to comes before what refers to it. */
const order: readonly string[] = [typeUrls.CDS, typeUrls.EDS, typeUrls.LDS, typeUrls.RDS, typeUrls.VHDS];
const rank = (typeUrl: string): number => (order.includes(typeUrl) ? order.indexOf(typeUrl) : order.length);

/** R7: Envoy refuses a response that names one thing twice; and what it was told to be gone, it need not hear again. */
const removals = ({ removed, resources }: Envelope, { sent, owed, absent }: Subscription): string[] => {
  const present = new Set(resources.map(({ name }) => name));
  return [...new Set(removed)].filter((name) => !present.has(name) && (sent.has(name) || owed.has(name) || !absent.has(name)));
};

/** @param snapshot the last configuration that this proxy acknowledged, in this stream or an earlier one; read at each use */
export const openSession = (snapshot: () => Configuration | undefined): Session => {
  const subscriptions = new Map<string, Subscription>();
  const inFlight = new Map<string, InFlight>();
  /** Types that the present stream to weftd knows of. */
  const announced = new Set<string>();
  let stream = 0;
  let nonces = 0;
  let changes = 0;

  const send = (envelope: Envelope, upstream?: InFlight['upstream']): Uint8Array => {
    nonces += 1;
    const nonce = `r${nonces}`;
    const { typeUrl, resources, removed } = envelope;
    inFlight.set(nonce, { typeUrl, resources, removed, ...(upstream ? { upstream } : {}) });
    return writeEnvelope({ ...envelope, nonce });
  };

  const settle = ({ nonce, error }: Request): InFlight | undefined => {
    const flight = inFlight.get(nonce);
    if (!flight) return undefined;
    inFlight.delete(nonce);
    const subscription = subscriptions.get(flight.typeUrl);
    if (!subscription) return flight;
    if (error) takeBack(subscription, flight);
    else keep(subscription, flight);
    if (!error && flight.upstream) changes += 1;
    return flight;
  };

  const announcement = (typeUrl: string, subscription: Subscription): Request | undefined => {
    const { wildcard, names } = subscription;
    if (!wildcard && names.size === 0) return undefined; // a request without names would ask for everything
    announced.add(typeUrl);
    const subscribe = [...(wildcard && names.size > 0 ? ['*'] : []), ...names];
    return { typeUrl, subscribe, unsubscribe: [], initialVersions: versionsHeld(subscription), nonce: '' };
  };

  return {
    request: (request) => {
      const { typeUrl, subscribe, unsubscribe, initialVersions, error } = request;
      const flight = settle(request);
      const subscription = subscriptions.get(typeUrl);
      if (!subscription) {
        const opened = openSubscription(subscribe, initialVersions, snapshot()?.get(typeUrl));
        subscriptions.set(typeUrl, opened);
        return announcement(typeUrl, opened);
      }
      changeSubscription(subscription, { subscribe, unsubscribe });
      if (!announced.has(typeUrl)) return announcement(typeUrl, subscription);
      // R1: the acknowledgement of an earlier stream, or of the snapshot, is nothing that weftd waits for.
      const nonce = flight?.upstream?.stream === stream ? flight.upstream.nonce : '';
      if (nonce === '' && subscribe.length + unsubscribe.length === 0) return undefined;
      return { typeUrl, subscribe, unsubscribe, initialVersions: {}, nonce, ...(error && nonce !== '' ? { error } : {}) };
    },

    announce: () => {
      stream += 1;
      announced.clear();
      const types = [...subscriptions].toSorted(([left], [right]) => rank(left) - rank(right));
      return types.map(([typeUrl, subscription]) => announcement(typeUrl, subscription)).filter((request) => request !== undefined);
    },

    response: (envelope) => {
      const { typeUrl, nonce, resources } = envelope;
      const acknowledgement: Request = { typeUrl, subscribe: [], unsubscribe: [], initialVersions: {}, nonce };
      const subscription = subscriptions.get(typeUrl);
      if (!subscription) return { up: acknowledgement };
      const removed = removals(envelope, subscription);
      // weftd is back with nothing new: Envoy need not know that it was away.
      if (subscription.answered && resources.length + removed.length === 0) return { up: acknowledgement };
      markSent(subscription, { resources, removed });
      return { down: send({ ...envelope, removed }, { nonce, stream }) };
    },

    answerFromSnapshot: () => {
      const types = [...subscriptions]
        .filter(([, subscription]) => owes(subscription))
        .toSorted(([left], [right]) => rank(left) - rank(right));
      return types.flatMap(([typeUrl, subscription]) => {
        const resources = answerFrom(subscription, snapshot()?.get(typeUrl));
        if (!resources) return [];
        markSent(subscription, { resources, removed: [] });
        return [send({ typeUrl, nonce: '', resources, removed: [], rest: [] })];
      });
    },

    owes: () => [...subscriptions.values()].some(owes),
    settled: () => inFlight.size === 0,
    configuration: () => {
      // Listeners come last in Envoy's start: a stream that has not got so far holds half a configuration.
      if (inFlight.size > 0 || !subscriptions.has(typeUrls.CDS) || !subscriptions.has(typeUrls.LDS)) return undefined;
      if (![...subscriptions.values()].every(isWhole)) return undefined;
      return new Map([...subscriptions].map(([typeUrl, { held }]) => [typeUrl, new Map(held)]));
    },
    get changes() {
      return changes;
    },
  };
};
