/**
 * [G30] Policies go between places of a proxy's (DENY, two authorizers) and come and go, while it answers late, refuses, or weftd starts
 * anew: whatever it has taken of what, each request gets what a state of the policies would give that is not over yet for this proxy.
 */
import { decidingPlace, type ResourceSet, typeUrls } from '@weft/envoy';
import type { Resource } from '@weft/model';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resource } from '../push/scripted.ts';
import { inStep, nextPush, type OpenSession, openSession, type Push, transition } from '../push/session.ts';
import type { Request } from '../push/subscription.ts';
import { createWithdrawals, type Withdrawals } from './withdrawals.ts';

const { CDS: cds, ECDS: ecds, LDS: lds } = typeUrls;
const authorizers = ['a', 'b'] as const;
const rules = ['r0', 'r1', 'r2'];
const names = ['shop/p', 'shop/q'];

/** Where each rule is. */
type World = readonly ('nowhere' | 'deny' | (typeof authorizers)[number])[];

const isIn = (place: World[number], world: World): readonly string[] => rules.filter((_, index) => world[index] === place);

const policiesOf = (world: World): readonly Resource[] =>
  authorizers.flatMap((name) =>
    isIn(name, world).map((rule) => ({
      ...{ apiVersion: '', kind: 'AuthorizationPolicy', origin: { source: 'api' as const }, hash: `${rule} ${name}` },
      metadata: { name: rule, namespace: 'shop', labels: {}, annotations: {}, created: 0 },
      spec: { action: 'CUSTOM', provider: { name } },
    })),
  );

const placeOf = (name: string): string => `${decidingPlace}.custom.${name}`;

/** What the compiler would make of it: the rules of each place. */
const planFor = (proxy: string, world: World, withdrawals: Withdrawals): ResourceSet => {
  const before = withdrawals.current().filter(({ proxies }) => proxies.has(proxy));
  const asked = authorizers.map((name) => {
    const late = before.filter(({ policy }) => policy.spec.provider?.name === name).map(({ policy }) => policy.metadata.name);
    return resource(placeOf(name), [...new Set([...isIn(name, world), ...late])].sort().join(' '));
  });
  // In the compiler's order: where a client is sent all anew, questions come before what decides by itself.
  const all = [...asked, resource(decidingPlace, isIn('deny', world).join(' '))];
  return new Map([[ecds, new Map(all.map((one) => [one.name, one]))]]);
};

/** The places of a proxy and the rules in them. */
type Places = ReadonlyMap<string, { readonly version: string; readonly text: string }>;

/** By who refuses whatever he is asked about: what each rule's requests get. */
const answers = (isThere: (place: string, rule: string) => boolean): string[] =>
  rules.flatMap((rule) =>
    [[], ['a'], ['b'], ['a', 'b']].map((refusing) => {
      const refused = isThere(decidingPlace, rule) || refusing.some((name) => isThere(placeOf(name), rule));
      return `${rule} ${refusing}: ${refused ? 'no' : 'yes'}`;
    }),
  );

const answersOf = (world: World): string[] =>
  answers((place, rule) =>
    isIn(place === decidingPlace ? 'deny' : (authorizers.find((name) => placeOf(name) === place) ?? 'a'), world).includes(rule),
  );

/** An Envoy that takes one resource after the other, when it is its turn. */
class Client {
  session: OpenSession;
  /** What it has, and which policies' answers it may give. */
  places: Places = new Map();
  window: readonly World[];
  #waiting: Push | undefined;
  readonly #name: string;

  constructor(name: string, plan: ResourceSet, world: World) {
    this.#name = name;
    this.window = [world];
    this.session = this.#opened(plan, 1);
  }

  #opened(resources: ResourceSet, stream: number): OpenSession {
    this.session = openSession({ stream: String(stream), node: this.#name, planned: { revision: stream, resources } });
    const initialVersions = Object.fromEntries([...this.places].map(([name, { version }]) => [name, version]));
    this.#say({ typeUrl: cds });
    this.#say({ typeUrl: lds });
    this.#say({ typeUrl: ecds, subscribe: [...authorizers.map(placeOf), decidingPlace], initialVersions });
    return this.session;
  }

  #say(request: Partial<Request>): void {
    const full = { typeUrl: ecds, subscribe: [], unsubscribe: [], initialVersions: {}, nonce: '', ...request };
    this.#become(transition(this.session, { kind: 'request', request: full, at: 0 }) as OpenSession);
  }

  #become(session: OpenSession): void {
    this.session = session;
    for (;;) {
      const { session: next, push } = nextPush(this.session);
      this.session = next as OpenSession;
      if (!push) return;
      if (push.typeUrl === ecds) this.#waiting = push;
      else this.#say({ typeUrl: push.typeUrl, nonce: push.nonce });
    }
  }

  plan(resources: ResourceSet, revision: number): void {
    this.#become(transition(this.session, { kind: 'planned', planned: { revision, resources } }) as OpenSession);
  }

  restart(resources: ResourceSet, revision: number, isTaken: boolean): void {
    if (isTaken) this.#take(3);
    this.#waiting = undefined;
    this.session = this.#opened(resources, revision);
  }

  #take(count: number): void {
    for (const { name, version, bytes } of (this.#waiting?.resources ?? []).slice(0, count)) {
      this.places = new Map([...this.places, [name, { version, text: Buffer.from(bytes).toString('latin1') }]]);
      this.check();
    }
  }

  acknowledge(): void {
    this.#take(3);
    const nonce = this.#waiting?.nonce;
    this.#waiting = undefined;
    if (nonce !== undefined) this.#say({ nonce });
  }

  /** It had taken the first of several when it came to one that it does not take. */
  refuse(): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    this.#take(waiting.resources.length - 1);
    this.#waiting = undefined;
    this.#say({ nonce: waiting.nonce, error: 'no' });
  }

  check(): void {
    if (this.places.size < 3) return;
    const has = answers((place, rule) => this.places.get(place)?.text.includes(rule) === true);
    const allowed = this.window.map(answersOf);
    const wrong = has.filter((answer, index) => !allowed.some((world) => world[index] === answer));
    expect(wrong, JSON.stringify(this.window)).toEqual([]);
  }
}

const worldArbitrary = fc.tuple(...rules.map(() => fc.constantFrom('nowhere', 'deny', ...authorizers)));
const who = fc.constantFrom(0, 1);
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('want' as const), world: worldArbitrary }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('acknowledge' as const), who }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('advance' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('refuse' as const), who }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), isTaken: fc.boolean() }) },
);

const isLong = process.env.WEFT_LONG === '1';

test('random changes, answers, refusals and restarts', { timeout: isLong ? 600_000 : 60_000 }, () => {
  fc.assert(
    fc.property(worldArbitrary, fc.array(action, { maxLength: 40 }), (first, actions) => {
      let world: World = first;
      let revision = 1;
      let told: ReturnType<Withdrawals['told']> = new Map();
      const start = () => createWithdrawals({ told: structuredClone(told), stepMs: 1, now: () => 0 });
      let withdrawals = start();
      withdrawals.take(policiesOf(world), names);
      const clients = names.map((name) => new Client(name, planFor(name, world, withdrawals), world));
      /** What is written down is, before anybody is told. */
      const publish = (): void => {
        told = withdrawals.told();
        revision += 1;
        for (const [index, client] of clients.entries()) client.plan(planFor(names[index] ?? '', world, withdrawals), revision);
      };
      const advance = (): void => {
        withdrawals.advance(names.filter((_, index) => !inStep(clients[index]?.session as OpenSession)));
        publish();
        for (const [index, client] of clients.entries()) {
          const isOver = inStep(client.session) && !withdrawals.current().some(({ proxies }) => proxies.has(names[index] ?? ''));
          if (isOver) client.window = [world];
          client.check();
        }
      };
      for (const happened of actions) {
        switch (happened.kind) {
          case 'want':
            world = happened.world;
            for (const client of clients) client.window = [...client.window, world];
            withdrawals.take(policiesOf(world), names);
            publish();
            break;
          case 'acknowledge':
            clients[happened.who]?.acknowledge();
            break;
          case 'refuse':
            clients[happened.who]?.refuse();
            break;
          case 'advance':
            advance();
            break;
          case 'restart':
            withdrawals = start();
            withdrawals.take(policiesOf(world), names);
            revision += 1;
            for (const [index, client] of clients.entries())
              client.restart(planFor(names[index] ?? '', world, withdrawals), revision, happened.isTaken);
            break;
        }
      }
      if (actions.some(({ kind }) => kind === 'refuse')) return;
      for (let step = 0; step < 8; step += 1) {
        for (const client of clients) client.acknowledge();
        advance();
      }
      expect(withdrawals.current()).toEqual([]);
      for (const { places } of clients)
        expect(answers((place, rule) => places.get(place)?.text.includes(rule) === true)).toEqual(answersOf(world));
    }),
    { numRuns: isLong ? 20_000 : 300 },
  );
});
