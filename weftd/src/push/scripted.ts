/** For tests: resources, plans and a client that behaves as Envoy does, without a network. */
import { create } from '@bufbuild/protobuf';
import { type Encoded, encodeResource, type ResourceSet, typeUrls } from '@weft/envoy';
import { DeltaDiscoveryRequestSchema } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import { nextPush, type OpenSession, openSession, type Push, type Session, transition } from './session.ts';
import type { Request } from './subscription.ts';

/** A resource of no real type; the words of `text` are strings in it, so that names of clusters count as references. */
export const resource = (name: string, text = ''): Encoded => {
  const init = { responseNonce: name, resourceNamesSubscribe: text.split(' ') };
  return encodeResource(name, DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, init));
};

export type Shape = Partial<Record<'CDS' | 'EDS' | 'ECDS' | 'LDS' | 'RDS' | 'VHDS', Readonly<Record<string, string>>>>;

/** `{ CDS: { a: 'v1' } }`; equal resources are the same object as in `before`, equal maps too. */
export const resourceSet = (shape: Shape, before?: ResourceSet): ResourceSet => {
  const set = new Map<string, ReadonlyMap<string, Encoded>>();
  for (const [type, resources] of Object.entries(shape)) {
    const url = typeUrls[type as keyof Shape];
    const old = before?.get(url);
    const map = new Map(
      Object.entries(resources).map(([name, text]) => {
        const made = resource(name, text);
        const kept = old?.get(name);
        return [name, kept?.version === made.version ? kept : made] as const;
      }),
    );
    const same = old?.size === map.size && [...map].every(([name, value]) => old.get(name) === value);
    set.set(url, same ? old : map);
  }
  return set;
};

export type Short = keyof Shape;

/** Drives one session and writes down what it sends. */
export class Scripted {
  session: Session;
  readonly sent: string[] = [];
  #revision = 1;
  #plan: ResourceSet;
  readonly #nonces = new Map<string, string>();

  constructor(shape: Shape) {
    this.#plan = resourceSet(shape);
    this.session = openSession({ stream: 's', node: 'node', planned: { revision: 1, resources: this.#plan } });
  }

  get open(): OpenSession {
    if (this.session.kind !== 'open') throw new Error(this.session.reason);
    return this.session;
  }

  plan(shape: Shape): string[] {
    this.#revision += 1;
    this.#plan = resourceSet(shape, this.#plan);
    this.session = transition(this.session, { kind: 'planned', planned: { revision: this.#revision, resources: this.#plan } });
    return this.drain();
  }

  ask(type: Short, request: Partial<Request> = {}): string[] {
    const full = { typeUrl: typeUrls[type], subscribe: [], unsubscribe: [], initialVersions: {}, nonce: '', ...request };
    this.session = transition(this.session, { kind: 'request', request: full, at: 7 });
    return this.drain();
  }

  ack(type: Short, more: Partial<Request> = {}): string[] {
    return this.ask(type, { nonce: this.#nonces.get(typeUrls[type]) ?? '', ...more });
  }

  nack(type: Short, error: string): string[] {
    return this.ack(type, { error });
  }

  patience(): string[] {
    this.session = transition(this.session, { kind: 'patience' });
    return this.drain();
  }

  /** All that may be sent now: `CDS a b -c`. */
  drain(): string[] {
    const lines: string[] = [];
    while (this.session.kind === 'open') {
      const next: { session: OpenSession; push?: Push } = nextPush(this.session);
      this.session = next.session;
      if (!next.push) break;
      this.#nonces.set(next.push.typeUrl, next.push.nonce);
      lines.push(lineOf(next.push));
    }
    this.sent.push(...lines);
    return lines;
  }

  versions(type: Short): Record<string, string> {
    return Object.fromEntries([...(this.#plan.get(typeUrls[type]) ?? [])].map(([name, { version }]) => [name, version]));
  }
}

export const shortOf = (typeUrl: string): Short => (Object.entries(typeUrls).find(([, url]) => url === typeUrl)?.[0] ?? typeUrl) as Short;

const lineOf = ({ typeUrl, resources, removed }: Push): string =>
  [shortOf(typeUrl), ...resources.map(({ name }) => name), ...removed.map((name) => `-${name}`)].join(' ');
