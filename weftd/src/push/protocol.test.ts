/**
 * Random clients against one session, judged by the sixteen rules [X1-X16]. How many actions:
 * WEFT_PROTOCOL_ACTIONS, else 2,000, and 100,000 in the long run.
 */
import { type ResourceSet, typeUrls } from '@weft/envoy';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ProtocolClient, type Response, type Truth, types } from './protocol-client.ts';
import { resourceSet, type Shape, type Short, shortOf } from './scripted.ts';
import { inStep, nextPush, openSession, type Session, transition } from './session.ts';

const actions = Number(process.env.WEFT_PROTOCOL_ACTIONS ?? (process.env.WEFT_LONG === '1' ? 100_000 : 2_000));
const actionsPerRun = 50;
/** The same actions each time, so that a change is what made the test fail; others in each long run. */
const seed = process.env.WEFT_LONG === '1' ? Date.now() : 20_261;

const clusters = ['a', 'b', 'c', 'd', 'e'];
const subscribable: Record<Short, readonly string[]> = {
  CDS: ['*', 'a', 'b', 'missing'],
  EDS: ['a', 'b', 'c', 'd', 'e', 'missing', '*'],
  ECDS: ['guard', 'other', 'missing'],
  LDS: ['*', 'in', 'out'],
  RDS: ['80', '90', 'missing'],
  VHDS: ['*', '80/x', '80/y', '90/x', 'missing'],
};

/** The session, the client that watches it, and what is true. */
class World {
  session: Session;
  client = new ProtocolClient();
  #shape: Shape;
  #resources: ResourceSet;
  #revision = 1;
  #streams = 1;
  readonly #words = new Map<string, readonly string[]>();

  constructor(shape: Shape) {
    this.#shape = shape;
    this.#resources = this.#learn(resourceSet(shape));
    this.session = this.#open();
  }

  #open(): Session {
    return openSession({ stream: `s${this.#streams++}`, node: 'node', planned: { revision: this.#revision, resources: this.#resources } });
  }

  #learn(resources: ResourceSet): ResourceSet {
    for (const type of types) {
      for (const [name, { version }] of resources.get(typeUrls[type]) ?? [])
        this.#words.set(version, this.#shape[type]?.[name]?.split(' ') ?? []);
    }
    return resources;
  }

  get truth(): Truth {
    const resources = new Map(
      types.map((type) => [type, new Map([...(this.#resources.get(typeUrls[type]) ?? [])].map(([name, { version }]) => [name, version]))]),
    );
    return { resources, words: this.#words };
  }

  plan(shape: Shape): void {
    this.#shape = shape;
    this.#resources = this.#learn(resourceSet(shape, this.#resources));
    this.#revision += 1;
    this.client.replanned(this.truth);
    this.session = transition(this.session, { kind: 'planned', planned: { revision: this.#revision, resources: this.#resources } });
    this.#drain();
  }

  ask(type: Short, subscribe: readonly string[], unsubscribe: readonly string[], nonce = ''): void {
    const first = this.client.state(type) === undefined;
    this.client.subscribe(type, subscribe, first ? [] : unsubscribe);
    this.#request(type, { subscribe, unsubscribe: first ? [] : unsubscribe, nonce });
  }

  answer(type: Short, spurious: boolean): void {
    const answer = this.client.answer(type, this.truth, spurious);
    if (answer) this.#request(type, { subscribe: [], unsubscribe: [], ...answer });
  }

  patience(): void {
    this.client.patienceOver = true;
    this.session = transition(this.session, { kind: 'patience' });
    this.#drain();
  }

  reconnect(keeping: boolean): void {
    const before = this.client;
    this.client = new ProtocolClient();
    this.session = this.#open();
    for (const type of before.subscribed()) {
      const state = before.state(type);
      const subscribe = [...(state?.wildcard ? ['*'] : []), ...(state?.names ?? [])];
      if (subscribe.length === 0) continue;
      const initial = keeping ? new Map(state?.held) : new Map<string, string>();
      this.client.subscribe(type, subscribe, [], initial);
      this.#request(type, { subscribe, unsubscribe: [], nonce: '', initialVersions: Object.fromEntries(initial) });
    }
  }

  /** Starts with a client that has everything, as most have most of the time. */
  synchronise(): void {
    for (const type of ['CDS', 'LDS', 'RDS', 'VHDS'] as const) this.ask(type, ['*'], []);
    this.settle();
  }

  /** A client that from now on does all that Envoy would; then nothing may be missing and nothing may come. */
  settle(): void {
    for (const type of ['CDS', 'LDS'] as const) if (!this.client.state(type)?.wildcard) this.ask(type, ['*'], []);
    for (let round = 0; round < 60; round++) {
      for (const type of types) this.answer(type, false);
      const wanted = [...(this.#resources.get(typeUrls.CDS)?.keys() ?? [])].filter((name) => !this.client.covers('EDS', name));
      if (wanted.length > 0) this.ask('EDS', wanted, []);
      if (round === 30) this.patience();
    }
    const { truth, client } = this;
    for (const type of client.subscribed()) {
      const state = client.state(type);
      const wanted = [...(truth.resources.get(type) ?? [])].filter(
        ([name, version]) => client.covers(type, name) && !state?.refused.has(`${name}@${version}`),
      );
      const withheld = (version: string): boolean =>
        (truth.words.get(version) ?? []).some((name) => truth.resources.get('CDS')?.has(name) && !client.state('CDS')?.held.has(name));
      for (const [name, version] of wanted) {
        if (state?.held.get(name) !== version && !withheld(version)) client.violations.push(`${type} ${name} never came`);
      }
      // What is gone may have to stay while something that could name it is refused.
      for (const name of this.#healthy() ? (state?.due ?? []) : []) {
        const version = truth.resources.get(type)?.get(name);
        if (client.covers(type, name) && !(version !== undefined && withheld(version)))
          client.violations.push(`${type} ${name} was never answered`);
      }
      // Its own to give up [X17].
      if (this.#healthy() && type !== 'ECDS') {
        for (const name of state?.held.keys() ?? [])
          if (!truth.resources.get(type)?.has(name)) client.violations.push(`${type} ${name} never went`);
      }
    }
    if (this.#healthy() && (this.session.kind !== 'open' || !inStep(this.session))) client.violations.push('not in step at the end');
  }

  #healthy(): boolean {
    return this.client.subscribed().every((type) => this.client.state(type)?.refused.size === 0);
  }

  #request(
    type: Short,
    request: {
      subscribe: readonly string[];
      unsubscribe: readonly string[];
      nonce: string;
      error?: string;
      initialVersions?: Record<string, string>;
    },
  ): void {
    const full = { typeUrl: typeUrls[type], initialVersions: {}, ...request };
    this.session = transition(this.session, { kind: 'request', request: full, at: 0 });
    this.#drain();
  }

  #drain(): void {
    while (this.session.kind === 'open') {
      const next = nextPush(this.session);
      this.session = next.session;
      if (!next.push) return;
      const { typeUrl, nonce, resources, removed } = next.push;
      const response: Response = {
        type: shortOf(typeUrl),
        nonce,
        resources: resources.map(({ name, version }) => ({ name, version })),
        removed,
      };
      this.client.receive(response, this.truth);
    }
  }
}

const word = fc.constantFrom('1', '2', '3', '1', '2', '3', 'bad');
const some = <T extends string>(names: readonly T[]) => fc.subarray([...names], { minLength: 0 });

/** A mesh whose routes name only clusters that it has. */
const shape: fc.Arbitrary<Shape> = some(clusters).chain((present) => {
  const versions = (names: readonly string[]) =>
    fc.tuple(...names.map(() => word)).map((words) => Object.fromEntries(names.map((name, i) => [name, words[i] ?? ''])));
  const naming = (names: readonly string[]) =>
    some(names).chain((chosen) =>
      fc
        .tuple(...chosen.map(() => fc.tuple(word, some(present))))
        .map((words) => Object.fromEntries(chosen.map((name, i) => [name, [words[i]?.[0], ...(words[i]?.[1] ?? [])].join(' ')]))),
    );
  return fc.record({
    CDS: versions(present),
    EDS: versions(present),
    ECDS: naming(['guard', 'other']),
    LDS: naming(['in', 'out']),
    RDS: naming(['80', '90']),
    VHDS: naming(['80/x', '80/y', '90/x']),
  });
});

const type = fc.constantFrom(...types);
const command = (label: string, act: (world: World) => void): fc.Command<object, World> => ({
  check: () => true,
  run: (_, world) => {
    act(world);
    expect(world.client.violations).toEqual([]);
  },
  toString: () => label,
});

const commands = [
  type.chain((t) => some(subscribable[t]).map((names) => command(`subscribe ${t} ${names}`, (world) => world.ask(t, names, [])))),
  type.chain((t) => some(subscribable[t]).map((names) => command(`stale ${t} ${names}`, (world) => world.ask(t, names, [], 'stale')))),
  type.chain((t) => some(subscribable[t]).map((names) => command(`unsubscribe ${t} ${names}`, (world) => world.ask(t, [], names)))),
  type.map((t) => command(`answer ${t}`, (world) => world.answer(t, false))),
  type.map((t) => command(`answer ${t}`, (world) => world.answer(t, false))),
  type.map((t) => command(`refuse ${t}`, (world) => world.answer(t, true))),
  shape.map((wanted) => command(`plan ${JSON.stringify(wanted)}`, (world) => world.plan(wanted))),
  fc.boolean().map((keeping) => command(`reconnect ${keeping ? 'with' : 'without'} versions`, (world) => world.reconnect(keeping))),
  fc.constant(command('patience', (world) => world.patience())),
];

it(`keeps the sixteen rules over ${actions} random actions`, { timeout: 120_000 + actions * 20 }, () => {
  fc.assert(
    fc.property(shape, fc.boolean(), fc.commands(commands, { maxCommands: actionsPerRun, size: 'max' }), (first, synced, run) => {
      const world = new World(first);
      if (synced) world.synchronise();
      fc.modelRun(() => ({ model: {}, real: world }), run);
      world.settle();
      expect(world.client.violations).toEqual([]);
    }),
    { numRuns: Math.ceil(actions / actionsPerRun), seed },
  );
});
