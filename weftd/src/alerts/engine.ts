/** Alerts from measurements to receivers: judge, enter into the book, write it down, tell. */
import type {
  AlertStatus,
  AlertsStatus,
  ObjectiveProgress,
  ObjectiveStatus,
  ReceiverTest,
  SilenceRequest,
  SilenceStatus,
} from '@weft/model';
import {
  type Alert,
  alertId,
  allMatch,
  type Book,
  circumstances,
  due,
  type Entry,
  labelsOf,
  mostAlerts,
  mutedBy,
  type Notification,
  type Observation,
  type Occurrence,
  reduce,
  type SeenNow,
  type Sight,
  type Silence,
} from '@weft/signals';
import type { Configuration } from './configuration.ts';
import { Deliveries } from './deliveries.ts';
import { Evaluation, type EvaluationPowers } from './evaluation.ts';
import type { ProgressQuestion } from './messages.ts';
import type { notify } from './notify/notify.ts';
import { type AlertPlan, matcherOf, planOf } from './plan.ts';
import { secretId } from './secret-id.ts';
import { tryReceiver } from './trial.ts';

export interface EnginePowers extends EvaluationPowers {
  readonly notify: typeof notify;
  readonly resolve: Parameters<typeof notify>[2]['reach']['resolve'];
  readonly now: () => number;
  readonly uid: () => string;
  readonly warn: (fields: object, message: string) => void;
  /** Called when alerts came into another state, with these, or silences changed. */
  readonly changed: (alerts: readonly AlertStatus[]) => void;
}

/** Milliseconds until an attempt to tell somebody is given up. */
const patience = 10_000;

/** What a restart must not forget: the words of a reason change all the time, and are found anew. */
const worthKeeping = (book: Book): string => JSON.stringify(book, (key, value: unknown) => (key === 'reason' ? undefined : value));

/** All that says how receivers are told. */
const waysOf = ({ routes, secrets, networks }: Partial<Configuration> = {}): string =>
  JSON.stringify([routes?.map(({ spec }) => spec), [...(secrets ?? [])], networks]);

export class Engine {
  readonly #powers: EnginePowers;
  readonly #evaluation: Evaluation;
  readonly #deliveries: Deliveries;
  #configuration: Configuration | undefined;
  #plan: AlertPlan | undefined;
  #sight: Sight | undefined;
  #externalUrl = '';
  /** Alerts that there would be, had their rules not too many. */
  #leftOut = 0;
  #book: Book;
  #kept: string;

  constructor(powers: EnginePowers) {
    this.#powers = powers;
    this.#evaluation = new Evaluation(powers);
    this.#deliveries = new Deliveries({ ...powers, send: (notification) => this.#send(notification) });
    this.#book = powers.memory.book();
    this.#kept = worthKeeping(this.#book);
  }

  configure(configuration: Configuration, externalUrl: string): void {
    if (waysOf(configuration) !== waysOf(this.#configuration)) this.#deliveries.retryNow();
    this.#configuration = configuration;
    this.#externalUrl = externalUrl;
    this.#plan = planOf(configuration);
    this.#evaluation.adopt(this.#plan);
  }

  see(sight: SeenNow): void {
    const { plaintextWanted = [], certificates = [], saturations = [] } = this.#configuration ?? {};
    const wanted = { plaintextWanted: new Set(plaintextWanted), saturations };
    this.#sight = { ...sight, certificates: [...sight.certificates, ...certificates], ...wanted };
  }

  /** Nothing is judged before it is known what by: every alert would end, since its rule is gone. */
  async tick(): Promise<void> {
    const [plan, sight] = [this.#plan, this.#sight];
    if (!plan || !sight) return;
    const now = this.#powers.now();
    const observations = await this.#evaluation.observations({ plan, sight, book: this.#book, now });
    // Another plan was adopted meanwhile: these are answers to questions of yesterday.
    if (plan !== this.#plan) return;
    this.#enter({ kind: 'judged', observations });
    this.#countLeftOut(observations);
    this.#deliveries.offer(this.#due(), this.#told);
  }

  #countLeftOut(observations: readonly Observation[]): void {
    const known = new Set(this.#book.alerts.map(({ id }) => id));
    const rules = new Map((this.#plan?.rulebook.rules ?? []).map((rule) => [rule.name, rule]));
    const ids = observations.flatMap(({ rule: name, labels, judgement }) => {
      const rule = rules.get(name);
      return rule && judgement.holds === true ? [alertId(name, labelsOf(rule, labels))] : [];
    });
    const leftOut = ids.filter((id) => !known.has(id)).length;
    if (leftOut > 0 && this.#leftOut === 0)
      this.#powers.warn({ leftOut, mostAlerts }, 'a rule has more alerts than anybody could read: further ones are left out');
    this.#leftOut = leftOut;
  }

  objectives(): readonly ObjectiveStatus[] {
    return this.#plan ? this.#evaluation.objectives(this.#plan) : [];
  }

  progress(question: ProgressQuestion): ObjectiveProgress | undefined {
    return this.#plan && this.#evaluation.progress(this.#plan, question, this.#powers.now());
  }

  alerts(): AlertsStatus {
    const receivers = [...(this.#plan?.outlets.keys() ?? [])];
    return {
      items: this.#book.alerts.map((alert) => this.#shown(alert)),
      receivers: this.#deliveries.status(receivers),
      ...(this.#leftOut > 0 && { leftOut: this.#leftOut }),
    };
  }

  /** @returns undefined where there is no such receiver */
  async test(name: string): Promise<ReceiverTest | undefined> {
    const outlet = this.#plan?.outlets.get(name);
    if (!outlet) return undefined;
    const { receiver, namespace } = outlet;
    return tryReceiver({ receiver, namespace, now: this.#powers.now(), send: (notification) => this.#send(notification) });
  }

  silences(): readonly SilenceStatus[] {
    return this.#book.silences.map(({ matchers, ...rest }) => ({
      ...rest,
      matchers: matchers.map(({ label, is, value }) => ({ name: label, matchType: is, value })),
    }));
  }

  /** On disk when it returns; throws where it is not taken. */
  silence({ matchers, from, ...rest }: SilenceRequest): SilenceStatus {
    const silence: Silence = { ...rest, id: this.#powers.uid(), from: from ?? this.#powers.now(), matchers: matchers.map(matcherOf) };
    this.#enter({ kind: 'silenced', silence });
    return { ...silence, matchers };
  }

  /** @returns whether there was one */
  unsilence(id: string): boolean {
    const isThere = this.#book.silences.some((silence) => silence.id === id);
    if (isThere) this.#enter({ kind: 'unsilenced', id });
    return isThere;
  }

  /** Without rules and receivers the book would forget who was told what. */
  #occurrence(): Occurrence {
    if (!this.#plan) throw new Error('alerts are not judged yet: weftd has just started');
    return { rulebook: this.#plan.rulebook, now: this.#powers.now() };
  }

  #due(): readonly Notification[] {
    return due(this.#book, this.#occurrence());
  }

  /** Written down before anybody is told of it, and before anything else is told. */
  #enter(entry: Entry): void {
    const book = reduce(this.#book, entry, this.#occurrence());
    const text = worthKeeping(book);
    if (text !== this.#kept) this.#powers.memory.keepBook(book);
    const before = this.#book;
    this.#book = book;
    this.#kept = text;
    if (before !== book) this.#tellChanged(before);
  }

  #tellChanged({ alerts, silences }: Book): void {
    const states = new Map(alerts.map(({ id, state }) => [id, state.kind]));
    const moved = this.#book.alerts.filter(({ id, state }) => states.get(id) !== state.kind);
    const gone = alerts.length > this.#book.alerts.length;
    if (moved.length > 0 || gone || silences.length !== this.#book.silences.length)
      this.#powers.changed(moved.map((alert) => this.#shown(alert)));
  }

  readonly #told = (notification: Notification): readonly Notification[] => {
    try {
      this.#enter({ kind: 'told', notification });
      return this.#due();
    } catch (error) {
      // Nothing more is told before it can be written down: after a restart it would all be told again.
      this.#powers.warn({ err: String(error) }, 'who was told of alerts could not be written down');
      this.#book = reduce(this.#book, { kind: 'told', notification }, this.#occurrence());
      return [];
    }
  };

  async #send(notification: Notification): Promise<string | undefined> {
    const outlet = this.#plan?.outlets.get(notification.receiver);
    if (!outlet) throw new Error('the receiver is gone');
    const { networks = [], secrets } = this.#configuration ?? {};
    return this.#powers.notify(
      { notification, summary: (alert) => this.#summary(alert), externalUrl: this.#externalUrl, now: this.#powers.now() },
      outlet.told,
      {
        secret: (key) => {
          const value = secrets?.get(secretId(outlet.namespace, key));
          if (value === undefined) throw new Error(`there is no \`${key.key}\` in Secret ${outlet.namespace}/${key.name}`);
          return value;
        },
        reach: { allowed: networks, resolve: this.#powers.resolve },
        signal: AbortSignal.timeout(patience),
      },
    );
  }

  #summary({ rule, labels }: Alert): string {
    const watch = this.#plan?.watches.find((one) => one.rule.name === rule);
    if (watch) return watch.summary;
    if (rule === 'weft-test') return 'This is a test';
    return `objective ${labels['namespace']}/${labels['objective']} uses up its error budget`;
  }

  #shown(alert: Alert): AlertStatus {
    const { id, labels, state, reason } = alert;
    const isOpen = state.kind !== 'resolved' && this.#plan !== undefined;
    const muted = isOpen ? mutedBy(alert, circumstances(this.#book, this.#occurrence())) : undefined;
    const heard = [...(this.#plan?.outlets.values() ?? [])].filter(({ receiver }) => allMatch(receiver.matchers, labels));
    return {
      id,
      name: labels['alertname'] ?? alert.rule,
      labels,
      state: state.kind,
      since: state.kind === 'pending' ? state.since : state.kind === 'firing' ? state.fired : state.at,
      summary: this.#summary(alert),
      reason,
      ...(muted && { muted: { by: muted.by, id: muted.by === 'silence' ? muted.silence : muted.alert } }),
      receivers: heard.map(({ receiver }) => receiver.name),
    };
  }
}
