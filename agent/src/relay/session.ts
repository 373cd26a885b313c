/**
 * One Envoy's ADS stream between Envoy and weftd, without IO: nonces towards Envoy are ours, those towards weftd
 * are weftd's, and what Envoy acknowledged is kept to answer from while weftd is away. The rules [R1-R10] were learnt by
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

/** Sent to Envoy and not acknowledged yet. */
interface InFlight {
  readonly typeUrl: string;
  /** Absent: answered from the snapshot, so weftd waits for no acknowledgement. */
  readonly upstream?: { readonly nonce: string; readonly stream: number };
  readonly resources: readonly Resource[];
  readonly removed: readonly string[];
}

/** Make before break: what is referred to comes before what refers to it. */
const order: readonly string[] = [typeUrls.CDS, typeUrls.EDS, typeUrls.ECDS, typeUrls.LDS, typeUrls.RDS, typeUrls.VHDS, typeUrls.SDS];
const rank = (typeUrl: string): number => (order.includes(typeUrl) ? order.indexOf(typeUrl) : order.length);

/** [R7]: Envoy refuses a response that names one thing twice; and what it was told to be gone, it need not hear again. */
const removals = ({ removed, resources }: Envelope, { sent, owed, absent }: Subscription): string[] => {
  const present = new Set(resources.map(({ name }) => name));
  return [...new Set(removed)].filter((name) => !present.has(name) && (sent.has(name) || owed.has(name) || !absent.has(name)));
};

export class Session {
  readonly #snapshot: () => Configuration | undefined;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #inFlight = new Map<string, InFlight>();
  /** Types that the present stream to weftd knows of. */
  readonly #announced = new Set<string>();
  #stream = 0;
  #nonces = 0;
  /** Grows with each change of weftd's that Envoy acknowledged. */
  changes = 0;

  /** @param snapshot the last configuration that this proxy acknowledged, in this stream or an earlier one; read at each use */
  constructor(snapshot: () => Configuration | undefined) {
    this.#snapshot = snapshot;
  }

  /** What Envoy says. @returns what weftd must hear of it, if its stream is open. */
  request(request: Request): Request | undefined {
    const { typeUrl, subscribe, unsubscribe, initialVersions, error } = request;
    const flight = this.#settle(request);
    const subscription = this.#subscriptions.get(typeUrl);
    if (!subscription) {
      const opened = openSubscription(subscribe, initialVersions, this.#snapshot()?.get(typeUrl));
      this.#subscriptions.set(typeUrl, opened);
      return this.#announcement(typeUrl, opened);
    }
    changeSubscription(subscription, { subscribe, unsubscribe });
    if (!this.#announced.has(typeUrl)) return this.#announcement(typeUrl, subscription);
    // [R1]: the acknowledgement of an earlier stream, or of the snapshot, is nothing that weftd waits for.
    const nonce = flight?.upstream?.stream === this.#stream ? flight.upstream.nonce : '';
    if (nonce === '' && subscribe.length + unsubscribe.length === 0) return undefined;
    return { typeUrl, subscribe, unsubscribe, initialVersions: {}, nonce, ...(error && nonce !== '' ? { error } : {}) };
  }

  /** A new stream to weftd is open. @returns all that it must be told [R2]. */
  announce(): Request[] {
    this.#stream += 1;
    this.#announced.clear();
    const requests = this.#inOrder().map(([typeUrl, subscription]) => this.#announcement(typeUrl, subscription));
    return requests.filter((request) => request !== undefined);
  }

  /** What weftd says. @returns the bytes for Envoy, or the acknowledgement of what Envoy need not see. */
  response(envelope: Envelope): { readonly down: Uint8Array } | { readonly up: Request } {
    const { typeUrl, nonce, resources } = envelope;
    const acknowledgement: Request = { typeUrl, subscribe: [], unsubscribe: [], initialVersions: {}, nonce };
    const subscription = this.#subscriptions.get(typeUrl);
    if (!subscription) return { up: acknowledgement };
    const removed = removals(envelope, subscription);
    // weftd is back with nothing new: Envoy need not know that it was away.
    if (subscription.answered && resources.length + removed.length === 0) return { up: acknowledgement };
    markSent(subscription, { resources, removed });
    return { down: this.#send({ ...envelope, removed }, { nonce, stream: this.#stream }) };
  }

  /** What the last acknowledged configuration can answer of what is owed. */
  answerFromSnapshot(): Uint8Array[] {
    return this.#inOrder().flatMap(([typeUrl, subscription]) => {
      const resources = answerFrom(subscription, this.#snapshot()?.get(typeUrl));
      if (!resources) return [];
      markSent(subscription, { resources, removed: [] });
      return [this.#send({ typeUrl, nonce: '', resources, removed: [], rest: [] })];
    });
  }

  /** Envoy waits for an answer. */
  owes(): boolean {
    return [...this.#subscriptions.values()].some(owes);
  }

  /** No response is waiting for Envoy's acknowledgement. */
  settled(): boolean {
    return this.#inFlight.size === 0;
  }

  /** All that Envoy acknowledged, if it is a whole configuration; undefined in the middle of a change. */
  configuration(): Configuration | undefined {
    // Listeners come last in Envoy's start: a stream that has not got so far holds half a configuration.
    const started = this.#subscriptions.has(typeUrls.CDS) && this.#subscriptions.has(typeUrls.LDS);
    if (!started || !this.settled() || ![...this.#subscriptions.values()].every(isWhole)) return undefined;
    return new Map([...this.#subscriptions].map(([typeUrl, { held }]) => [typeUrl, new Map(held)]));
  }

  #inOrder(): [string, Subscription][] {
    return [...this.#subscriptions].toSorted(([left], [right]) => rank(left) - rank(right));
  }

  #announcement(typeUrl: string, subscription: Subscription): Request | undefined {
    const { wildcard, names } = subscription;
    if (!wildcard && names.size === 0) return undefined; // a request without names would ask for everything
    this.#announced.add(typeUrl);
    const subscribe = [...(wildcard && names.size > 0 ? ['*'] : []), ...names];
    return { typeUrl, subscribe, unsubscribe: [], initialVersions: versionsHeld(subscription), nonce: '' };
  }

  #send(envelope: Envelope, upstream?: InFlight['upstream']): Uint8Array {
    this.#nonces += 1;
    const nonce = `r${this.#nonces}`;
    const { typeUrl, resources, removed } = envelope;
    this.#inFlight.set(nonce, { typeUrl, resources, removed, ...(upstream ? { upstream } : {}) });
    return writeEnvelope({ ...envelope, nonce });
  }

  #settle({ nonce, error }: Request): InFlight | undefined {
    const flight = this.#inFlight.get(nonce);
    const subscription = flight && this.#subscriptions.get(flight.typeUrl);
    if (!subscription) return undefined;
    this.#inFlight.delete(nonce);
    if (error) takeBack(subscription, flight);
    else keep(subscription, flight);
    if (!error && flight.upstream) this.changes += 1;
    return flight;
  }
}
