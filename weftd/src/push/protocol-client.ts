/**
 * A client that keeps xDS's rules in mind and checks each response against them: the oracle of the protocol test.
 * It shares no code with the session: names, versions and references are kept here in the simplest way.
 */
import type { Short } from './scripted.ts';

export const types = ['CDS', 'EDS', 'ECDS', 'LDS', 'RDS', 'VHDS'] as const satisfies readonly Short[];

export interface Response {
  readonly type: Short;
  readonly nonce: string;
  readonly resources: readonly { readonly name: string; readonly version: string }[];
  readonly removed: readonly string[];
}

/** Type, then name, to version; and what each version names. */
export interface Truth {
  readonly resources: ReadonlyMap<Short, ReadonlyMap<string, string>>;
  readonly words: ReadonlyMap<string, readonly string[]>;
}

interface TypeState {
  readonly wildcard: boolean;
  readonly names: ReadonlySet<string>;
  /** Accepted and not given up. */
  readonly held: Map<string, string>;
  /** May come although nothing changed: asked for again, or entailed by another type. */
  readonly askedFor: Set<string>;
  /** Must be answered, with the resource or its removal [X6, X7, X8]. */
  readonly due: Set<string>;
  /** `name@version` refused alone, or named in a refusal. */
  readonly refused: Set<string>;
  /** `name@version` to the size of the smallest refused response it was in. */
  readonly suspected: Map<string, number>;
  /** The last version sent was refused: going back to the one before may be said again. */
  readonly doubtful: Set<string>;
  unanswered: (Response & { readonly size: number }) | undefined;
  firstAnswerDue: boolean;
}

export class ProtocolClient {
  readonly #states = new Map<Short, TypeState>();
  /** Clusters whose endpoints did not come since the cluster did [X14]. */
  readonly #warming = new Set<string>();
  /** Clusters since which no endpoints of theirs came by, accepted or not: the client answers for no cluster before. */
  readonly #cold = new Set<string>();
  /** Clusters that it has not answered for yet. */
  #coming: ReadonlySet<string> = new Set();
  readonly violations: string[] = [];
  patienceOver = false;

  state(type: Short): TypeState | undefined {
    return this.#states.get(type);
  }

  subscribed(): Short[] {
    return types.filter((type) => this.#states.has(type));
  }

  covers(type: Short, name: string): boolean {
    const state = this.#states.get(type);
    return state !== undefined && (state.wildcard || state.names.has(name));
  }

  /** As the first request of a type, or a later one: the client's own idea of what it now asks for. */
  subscribe(type: Short, add: readonly string[], give: readonly string[], initial: ReadonlyMap<string, string> = new Map()): void {
    const before = this.#states.get(type);
    const warmed = type === 'EDS' ? [...this.#warming].filter((name) => this.covers(type, name)) : [];
    const names = new Set(before?.names);
    let wildcard = before?.wildcard ?? (add.length === 0 || add.includes('*'));
    const state: TypeState = {
      ...(before ?? {
        held: new Map(initial),
        askedFor: new Set(),
        due: new Set(),
        refused: new Set(),
        suspected: new Map(),
        doubtful: new Set(),
        unanswered: undefined,
        firstAnswerDue: initial.size === 0,
      }),
      wildcard,
      names,
    };
    for (const name of give) {
      if (name === '*') wildcard = false;
      else if (names.delete(name) && wildcard) {
        state.askedFor.add(name);
        state.due.add(name);
      }
    }
    for (const name of add) {
      if (name === '*') {
        if (!wildcard) {
          state.firstAnswerDue = true;
          state.askedFor.add('*');
          state.refused.clear();
          state.suspected.clear();
        }
        wildcard = true;
      } else {
        names.add(name);
        if (initial.get(name) === undefined) {
          state.askedFor.add(name);
          state.due.add(name);
        }
        for (const refused of state.refused) if (refused.startsWith(`${name}@`)) state.refused.delete(refused);
        for (const suspect of state.suspected.keys()) if (suspect.startsWith(`${name}@`)) state.suspected.delete(suspect);
      }
    }
    this.#states.set(type, { ...state, wildcard });
    if (give.length > 0) this.#discardUncovered(type);
    // Who gives up a cluster's endpoints does not warm it.
    for (const name of warmed) if (!this.covers(type, name)) this.#warming.delete(name);
    if (type === 'EDS') for (const cluster of this.#warming) state.askedFor.add(cluster);
    for (const name of [...state.held.keys()]) if (!this.covers(type, name)) state.held.delete(name);
    for (const name of [...state.askedFor]) if (name !== '*' && !this.covers(type, name)) state.askedFor.delete(name);
    for (const name of [...state.due]) if (!this.covers(type, name)) state.due.delete(name);
  }

  /** Something else is wanted: what was refused and is not wanted now may come again, should it be wanted again. */
  replanned({ resources }: Truth): void {
    for (const [type, state] of this.#states) {
      const wanted = new Set([...(resources.get(type) ?? [])].map(([name, version]) => `${name}@${version}`));
      for (const key of [...state.refused]) if (!wanted.has(key)) state.refused.delete(key);
      for (const key of [...state.suspected.keys()]) if (!wanted.has(key)) state.suspected.delete(key);
    }
  }

  /** What is given up before it was answered for is not taken, even if it is asked for again. */
  #discardUncovered(type: Short): void {
    const state = this.#states.get(type);
    if (!state?.unanswered) return;
    const resources = state.unanswered.resources.filter(({ name }) => this.covers(type, name));
    state.unanswered = { ...state.unanswered, resources };
  }

  receive(response: Response, truth: Truth): void {
    const { type, resources, removed } = response;
    const state = this.#states.get(type);
    if (!state) {
      this.#wrong('sent without being asked', response);
      return;
    }
    if (state.unanswered) this.#wrong('two pushes in flight', response);
    const named = [...resources.map(({ name }) => name), ...removed];
    if (new Set(named).size !== named.length) this.#wrong('[X10]: a name twice', response);
    for (const name of named) if (!this.covers(type, name)) this.#wrong(`${name} was not asked for`, response);
    if (named.length === 0 && !state.firstAnswerDue) this.#wrong('[X16]: an empty response', response);
    for (const { name, version } of resources) this.#checkResource(state, response, truth, name, version);
    for (const name of removed) this.#checkRemoval(state, response, truth, name);
    this.#entailed(response, truth);
    state.unanswered = { ...response, size: response.resources.length };
    state.firstAnswerDue = false;
  }

  #checkResource(state: TypeState, response: Response, truth: Truth, name: string, version: string): void {
    const { type } = response;
    const key = `${name}@${version}`;
    // A cluster that is on its way though nobody wants it any more gets the endpoints that it had.
    const kept = type === 'EDS' && this.#coming.has(name) && state.held.get(name) === version && !truth.resources.get(type)?.has(name);
    if (truth.resources.get(type)?.get(name) !== version && !kept) this.#wrong(`${name} is not what is wanted now`, response);
    const suspectIn = state.suspected.get(key);
    const isolated = suspectIn !== undefined && response.resources.length < suspectIn;
    const asked = state.askedFor.has(name) || state.askedFor.has('*');
    if (state.refused.has(key) && !asked) this.#wrong(`[X2]: ${name} was refused`, response);
    if (suspectIn !== undefined && !isolated && !asked) this.#wrong(`[X2]: ${name} was refused among others`, response);
    if (state.held.get(name) === version && !asked && !isolated && !state.doubtful.has(name))
      this.#wrong(`[X16]: ${name} did not change`, response);
    if (type === 'CDS' || type === 'EDS') return;
    for (const cluster of truth.words.get(version) ?? []) this.#checkReference(response, truth, cluster);
  }

  /** [X13-X15]: what is named must be there and warm. */
  #checkReference(response: Response, truth: Truth, cluster: string): void {
    const clusters = this.#states.get('CDS');
    if (!clusters || !truth.resources.get('CDS')?.has(cluster) || !this.covers('CDS', cluster)) return;
    if (!clusters.held.has(cluster)) this.#wrong(`[X15]: names cluster ${cluster}, which is not acknowledged`, response);
    const endpoints = truth.resources.get('EDS')?.has(cluster);
    if (endpoints && this.#warming.has(cluster) && (this.covers('EDS', cluster) || !this.patienceOver)) {
      this.#wrong(`[X14]: names cluster ${cluster}, which is warming`, response);
    }
  }

  #checkRemoval(state: TypeState, response: Response, truth: Truth, name: string): void {
    const { type } = response;
    if (truth.resources.get(type)?.has(name)) this.#wrong(`${name} is removed though it is wanted`, response);
    if (type === 'ECDS' && state.held.has(name)) this.#wrong(`[X17]: ${name} is taken away`, response);
    const known = state.held.has(name) || state.doubtful.has(name);
    if (!known && !state.askedFor.has(name) && !state.askedFor.has('*')) this.#wrong(`[X16]: ${name} was not there`, response);
    if (type !== 'CDS' || !state.held.has(name)) return;
    for (const user of ['ECDS', 'LDS', 'RDS', 'VHDS'] as const) {
      for (const [held, version] of this.#states.get(user)?.held ?? []) {
        if (truth.words.get(version)?.includes(name)) this.#wrong(`[X13]: ${user} ${held} still names cluster ${name}`, response);
      }
    }
  }

  #entailed({ type, resources, removed }: Response, truth: Truth): void {
    const state = this.#states.get(type);
    if (type === 'CDS') this.#coming = new Set(resources.map(({ name }) => name));
    for (const { name } of resources) {
      if (type === 'CDS') {
        this.#warming.add(name);
        this.#cold.add(name);
        this.#states.get('EDS')?.askedFor.add(name);
      }
      // A route configuration that is asked for anew has lost its virtual hosts.
      if (type === 'RDS' && state?.askedFor.has(name)) {
        const hosts = this.#states.get('VHDS');
        for (const host of truth.resources.get('VHDS')?.keys() ?? []) if (host.startsWith(`${name}/`)) hosts?.askedFor.add(host);
      }
    }
    for (const name of [...resources.map((resource) => resource.name), ...removed]) {
      state?.askedFor.delete(name);
      state?.due.delete(name);
    }
    state?.askedFor.delete('*');
    if (type === 'EDS') for (const name of [...resources.map((resource) => resource.name), ...removed]) this.#cold.delete(name);
    if (type === 'CDS') for (const name of removed) this.#warming.delete(name);
  }

  /** Accepts, or refuses as Envoy does: good clusters and listeners are taken, elsewhere all goes or nothing. */
  answer(type: Short, truth: Truth, spurious: boolean): { readonly nonce: string; readonly error?: string } | undefined {
    const state = this.#states.get(type);
    const response = state?.unanswered;
    if (!state || !response || (!spurious && this.#warms(response, truth))) return undefined;
    state.unanswered = undefined;
    if (type === 'CDS') this.#coming = new Set();
    if (type === 'EDS') for (const { name } of response.resources) this.#warming.delete(name);
    for (const name of response.removed) state.held.delete(name);
    const refused = response.resources.filter(({ version }) => truth.words.get(version)?.includes('bad')).map(({ name }) => name);
    const { nonce } = response;
    if (refused.length === 0 && !(spurious && response.resources.length > 0)) {
      for (const { name, version } of response.resources) this.#take(state, type, name, version);
      return { nonce };
    }
    const named = (type === 'CDS' || type === 'LDS') && refused.length > 0;
    for (const { name, version } of response.resources) {
      if (named && !refused.includes(name)) this.#take(state, type, name, version);
      // What is not wanted any more may come again, should it be wanted again.
      else if (truth.resources.get(type)?.get(name) !== version) state.doubtful.add(name);
      else this.#leave(state, `${name}@${version}`, named ? 1 : response.size);
    }
    if (type === 'CDS') for (const name of refused) this.#warming.delete(name);
    return { nonce, error: named ? `Error adding/updating: ${refused.map((name) => `${name}: bad`).join(', ')}` : 'refused' };
  }

  /** Envoy asks for clusters' endpoints by name, and answers for the clusters when they came [X14]. */
  #warms({ type, resources }: Response, truth: Truth): boolean {
    if (type !== 'CDS') return false;
    const good = resources.filter(({ version }) => !truth.words.get(version)?.includes('bad'));
    return good.some(({ name }) => this.#cold.has(name) && this.#states.get('EDS')?.names.has(name));
  }

  #leave(state: TypeState, key: string, among: number): void {
    state.doubtful.add(key.slice(0, key.indexOf('@')));
    if (among === 1) {
      state.suspected.delete(key);
      state.refused.add(key);
    } else state.suspected.set(key, Math.min(among, state.suspected.get(key) ?? Number.POSITIVE_INFINITY));
  }

  #take(state: TypeState, type: Short, name: string, version: string): void {
    for (const known of [...state.refused]) if (known.startsWith(`${name}@`)) state.refused.delete(known);
    for (const known of [...state.suspected.keys()]) if (known.startsWith(`${name}@`)) state.suspected.delete(known);
    state.doubtful.delete(name);
    if (this.covers(type, name)) state.held.set(name, version);
  }

  #wrong(what: string, response: Response): void {
    this.violations.push(`${what}: ${JSON.stringify(response)}`);
  }
}
