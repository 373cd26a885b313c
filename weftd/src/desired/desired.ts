/**
 * The heart of weftd, on a thread of its own: sources → store → workloads → compiler → plans and the node's view.
 * Whatever is told to the outside was durable before.
 */
import { type Assignments, allocate, expectedProxy, lapsed, peerModesIn, type Withdrawal } from '@weft/compile';
import type {
  ApplyRequest,
  ApplyResult,
  CertificateReader,
  Finding,
  MeshSettings,
  ObjectRef,
  PodReport,
  Proxy,
  Resource,
  UndoResult,
} from '@weft/model';
import { meshSettings, refKey } from '@weft/model';
import { type AccessCalls, accessCalls } from '../access/calls.ts';
import { consoleSettings } from '../access/provider.ts';
import { type Configuration, configurationOf } from '../alerts/configuration.ts';
import { keyFindings, sourcesIn } from '../jwks/findings.ts';
import { type KeeperPowers, KeyKeeper } from '../jwks/keeper.ts';
import type { Instance } from '../registry.ts';
import { type FileSource, watchFolder } from '../sources/files.ts';
import { openStore, type Store } from '../store/store.ts';
import { telemetryReceivers } from '../telemetry/hand-over/receivers.ts';
import { type ControllerPowers, reconcile, type Workload } from '../workloads/controller.ts';
import { type PodInstance, runningOf } from '../workloads/instance.ts';
import { nodeView } from '../workloads/node-view.ts';
import { isRestartNeeded, workloadStatus } from '../workloads/status.ts';
import { createBatch } from './batch.ts';
import { type Compiler, createCompiler, type Verbs } from './compiler.ts';
import { withoutObject } from './dependents.ts';
import { measuredIn } from './measured.ts';
import type { Advance, Calls, DesiredConfig, FromWorker, NodeState, ObjectQuery, StandingObject } from './messages.ts';
import { type ModeChanges, modeChanges } from './mode-changes.ts';
import { type Narrowings, narrowings } from './narrowing.ts';
import { newsOf } from './news.ts';
import { type Applied, type Ownership, ownership } from './ownership.ts';
import { type Previews, previewsOf } from './preview.ts';
import { PlanPublisher } from './publish.ts';
import { type Questions, questionsTo } from './questions.ts';
import { type Retrospect, retrospectOf, undoChanges } from './retrospect.ts';
import { type Standing, standingOf } from './standing.ts';
import { createWithdrawals, type Withdrawals } from './withdrawals.ts';

export interface DesiredPowers extends ControllerPowers {
  readonly post: (message: FromWorker) => void;
  readonly verbs: Verbs;
  readonly certificates: CertificateReader;
  readonly fetchKeys: KeeperPowers['fetch'];
}

/** An editor's or a deployment's burst of changes is compiled once. */
const quietMs = 15;
const longestMs = 200;
const retryMs = 1000;
/** Each step of a change waits this long for proxies that do not answer. */
const stepMs = 15_000;
const nothingWithdrawn: readonly Withdrawal[] = [];
const dayMs = 24 * 3600 * 1000;

type Built = Omit<Parameters<Compiler['build']>[0], 'pods'> & { readonly pods: readonly Instance[]; readonly isChanging: boolean };

export class Desired implements Omit<Calls, keyof AccessCalls | keyof Questions | keyof Retrospect | keyof Previews> {
  readonly access: AccessCalls;
  readonly #config: DesiredConfig;
  readonly #powers: DesiredPowers;
  readonly #store: Store;
  readonly #owned: Ownership;
  readonly #compiler: Compiler;
  readonly #modes: ModeChanges;
  readonly #withdrawals: Withdrawals;
  readonly #narrowings: Narrowings;
  readonly #publisher = new PlanPublisher();
  readonly #keys: KeyKeeper;
  readonly #batch = createBatch({ quietMs, longestMs, work: () => this.#compile() });
  /** What changes nothing. */
  readonly asked: Questions & Retrospect & Previews;
  readonly #standing: Standing;
  readonly #tellNews: () => void;
  #source: FileSource | undefined;
  #workloads: readonly Workload[] = [];
  /** What the mesh was built from: pods and objects may have changed since, and the difference would not be the object's. */
  #built: Built | undefined;
  #trustDomain = '';
  #nodeText = '';
  /** The revision that proxies are waited for, on the way to other modes of mutual TLS or policies. */
  #awaited: number | undefined;
  #started = false;
  #retry: NodeJS.Timeout | undefined;
  #housekeeping: NodeJS.Timeout | undefined;

  constructor(config: DesiredConfig, powers: DesiredPowers) {
    this.#config = config;
    this.#powers = powers;
    this.#store = openStore(config.store, powers.now);
    this.access = accessCalls(this.#store);
    this.#owned = ownership({ ...powers, objects: this.#store.objects, folder: config.folder });
    this.#modes = modeChanges({ callers: this.#store.decisions.callers(), stepMs, now: powers.now });
    this.#withdrawals = createWithdrawals({ told: this.#store.decisions.toldPolicies(), stepMs, now: powers.now });
    this.#narrowings = narrowings(this.#store.judged);
    this.#keys = new KeyKeeper({
      fetch: powers.fetchKeys,
      now: powers.now,
      kept: this.#store.keys,
      onChange: () => this.#batch.touch(),
      warn: (fields, message) => this.#log('warn', fields, message),
    });
    this.#compiler = createCompiler(powers.verbs, (error, what) => this.#mistake(error, what));
    this.#standing = standingOf({
      objects: () => [...this.#store.objects.all().values()],
      isOutdated: (object) => this.#owned.isOutdated(object),
      findings: () => this.findings(),
      addresses: () => this.#store.decisions.addresses(),
      compile: () => this.#batch.flush(),
      mesh: this.#compiler.mesh,
      dependents: (object) => this.#dependents(object),
    });
    this.#tellNews = newsOf({
      revision: this.#compiler.revision,
      kindsSince: this.#store.objects.kindsSince,
      findings: () => this.findings(),
      tell: (news) => powers.post({ kind: 'news', news }),
    });
    const questions = questionsTo({
      built: this.#compiler.built,
      preview: (resources) => this.#asIf(resources),
      resources: () => this.#owned.resources(),
      instances: () => this.#instances(),
      ...{ revision: this.#compiler.revision, past: this.#store.past, now: powers.now },
    });
    const rootNamespace = (): string => this.#settings(this.#owned.resources()).rootNamespace;
    const past = { kept: this.#store.history, now: this.#store.objects.revision, rootNamespace };
    this.asked = { ...questions, ...retrospectOf(past), ...this.#previews() };
  }

  #previews(): Previews {
    return previewsOf({
      propose: (asked) => this.#owned.propose(asked),
      revision: this.#compiler.revision,
      written: this.#store.history.revision,
      built: this.#compiler.built,
      asIf: (resources) => this.#asIf(resources),
      compare: (mesh) => this.#compiler.compare(mesh, this.#expected(this.#instances())),
      resources: () => this.#owned.resources(),
      instances: () => this.#instances(),
    });
  }

  /** Also proxies that have not connected yet. */
  #expected(pods: readonly Instance[]): readonly Proxy[] {
    return pods
      .filter(({ pod, address }) => pod.proxy !== 'none' && address !== '')
      .map((instance) => ({ ...expectedProxy(instance), cluster: this.#config.clusterId }));
  }

  /** Reads the folder, compiles, and only then says `ready`: nothing is served from half-filled caches. */
  start(): void {
    const { folder } = this.#config;
    if (folder !== undefined) {
      this.#source = watchFolder({
        folder,
        onChange: (changes) => this.#take(() => this.#owned.takeFiles(changes)),
        onEmpty: (empty) => this.#owned.setEmpty(empty),
        onError: (error) => this.#log('warn', { err: String(error), folder }, 'the folder cannot be watched; it is looked at every second'),
      });
      this.#owned.settleAll();
    }
    this.#trustDomain = meshSettings(this.#owned.resources()).trustDomain;
    this.#batch.stop();
    this.#recall();
    this.#compile();
    this.#started = true;
    this.#housekeeping = setInterval(() => this.#prune(), dayMs);
    this.#powers.post({ kind: 'ready', trustDomain: this.#trustDomain });
  }

  async stop(): Promise<void> {
    this.#batch.stop();
    clearTimeout(this.#retry);
    clearInterval(this.#housekeeping);
    this.#keys.stop();
    await this.#source?.close();
    this.#store.close();
  }

  attach(key: string, proxy: Parameters<Compiler['attach']>[1]): void {
    this.#compiler.attach(key, proxy);
    this.#standing.forgetDependents();
    this.#publish(key);
  }

  detach(key: string): void {
    this.#compiler.detach(key);
    this.#standing.forgetDependents();
    this.#publisher.forget(key);
  }

  apply(request: Applied): ApplyResult {
    const result = this.#owned.apply(request);
    const touched = new Set(result.items.filter(({ action }) => action !== 'refused').map(({ ref }) => refKey(ref)));
    if (!request.dryRun && result.items.some(({ action }) => action === 'created' || action === 'configured')) this.#compileNow();
    const together = request.dryRun ? this.#preview(request) : this.#together();
    const about = together.filter(({ resource }) => resource && touched.has(refKey(resource)));
    return { ...result, findings: [...result.findings, ...about] };
  }

  remove({ objects, by }: Parameters<Calls['remove']>[0]): ApplyResult {
    const result = this.#owned.remove(objects, by);
    if (result.items.some(({ action }) => action === 'deleted')) this.#compileNow();
    return result;
  }

  undo({ revision: number, dryRun = false, by }: Parameters<Calls['undo']>[0]): UndoResult | undefined {
    const revision = this.#store.history.revision(number);
    if (!revision) return undefined;
    const { steps, ...result } = this.#owned.undo(revision, { dryRun, ...(by !== undefined && { by }) });
    if (result.revision > this.#compiler.revision()) this.#compileNow();
    return { ...result, changes: undoChanges(steps) };
  }

  list(query: ObjectQuery): Promise<readonly StandingObject[]> {
    return this.#standing.list(query);
  }

  #dependents(object: Resource): readonly Proxy[] {
    if (!this.#built) return [];
    const { resources, pods, isChanging, ...built } = this.#built;
    const less = withoutObject(resources, object);
    return this.#compiler.dependents(
      { without: { ...built, pods, resources: less, settings: this.#settings(less) }, ...(isChanging && { within: this.#built }) },
      this.#expected(pods),
    );
  }

  findings(): readonly Finding[] {
    return [...this.#owned.findings(), ...this.#together()];
  }

  alerting(): Configuration {
    const [resources, { certificates }] = [this.#owned.resources(), this.#powers];
    return configurationOf(resources, { settings: this.#settings(resources), instances: this.#instances(), certificates });
  }

  register(node: Parameters<Calls['register']>[0]): void {
    this.#store.observed.register(node);
    this.#compileNow();
  }

  report({ boot, pods }: { readonly boot: string; readonly pods: readonly PodReport[] }): boolean {
    const known = this.#store.observed.report(boot, pods);
    if (known) this.#batch.touch();
    return known;
  }

  restart(workload: ObjectRef): boolean {
    if (!this.#workloads.some(({ ref }) => refKey(ref) === refKey(workload))) return false;
    this.#store.decisions.restart(workload, this.#powers.now());
    this.#compileNow();
    return true;
  }

  advance({ revision, applied, pending }: Advance): void {
    if (revision !== this.#awaited) return;
    this.#awaited = undefined;
    const changed = [this.#modes.advance(applied), this.#withdrawals.advance(pending)];
    if (changed.includes(true)) this.#nextStep();
    this.#compileNow();
  }

  async settle(): Promise<number> {
    await this.#source?.settle();
    this.#batch.flush();
    return this.#compiler.revision();
  }

  /** What a full disk does not take is tried again until it does; until then the last state stays in force. */
  #take(work: () => boolean): void {
    try {
      if (work()) this.#batch.touch();
      else if (this.#started) this.#tellNews();
    } catch (error) {
      if (!this.#started) throw error;
      this.#log('error', { err: String(error) }, 'changed files are not in force yet; trying again every second');
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => this.#take(() => this.#owned.settle()), retryMs);
    }
  }

  #prune(): void {
    try {
      this.#store.prune();
    } catch (error) {
      this.#log('warn', { err: String(error) }, 'old history is kept for now');
    }
  }

  #compileNow(): void {
    this.#batch.touch();
    this.#batch.flush();
  }

  #compile(): void {
    try {
      this.#decide();
      const snapshot = this.#snapshot(this.#owned.resources(), this.#store.decisions.addresses());
      if (this.#build(snapshot)) this.#built = this.#inTheEnd(snapshot);
      this.#publish();
      this.#postNode();
      this.#awaitStep();
      this.#tellNews();
    } catch (error) {
      if (!this.#started) throw error;
      // The disk did not take a decision; nothing was told to anyone, and the next change or report tries again.
      this.#log('error', { err: String(error) }, 'the change is not in force yet');
    }
  }

  /** What held for those who run when weftd ended: it may have become narrower since, and nobody was told. */
  #recall(): void {
    const { decisions, judged } = this.#store;
    const pods = this.#instances(decisions.instances());
    if (pods.length === 0) return;
    const resources = judged.before(this.#owned.resources());
    const held = { ...this.#snapshot(resources, decisions.addresses()), pods };
    if (this.#compiler.build(held, this.#compiler.revision())) this.#narrowings.recall(this.#compiler.mesh());
  }

  /** Whose policies became narrower is built into the same mesh, once it is written down. */
  #build(snapshot: Parameters<Compiler['build']>[0]): boolean {
    const revision = this.#owned.revision();
    if (!this.#compiler.build(snapshot, revision)) return false;
    if (!this.#narrowings.take(this.#compiler.mesh())) return true;
    return this.#compiler.build({ ...snapshot, narrowed: this.#narrowings.narrowed() }, revision);
  }

  /** Which pods there shall be, written down before anyone hears of them. */
  #decide(): void {
    const { decisions, observed } = this.#store;
    const resources = this.#owned.resources();
    this.#workloads = reconcile(
      {
        resources,
        previous: decisions.instances(),
        reports: observed.reports(),
        restarts: decisions.restarts(),
        settings: this.#settings(resources),
      },
      this.#powers,
    );
    decisions.keepInstances(this.#workloads.flatMap(({ instances }) => instances));
    decisions.keepAddresses(allocate(resources, decisions.addresses()));
    this.#keys.want({ sources: sourcesIn(resources), networks: this.#settings(resources).keyNetworks });
    this.#decideModes(resources);
    this.#decideWithdrawals(resources);
  }

  #decideModes(resources: readonly Resource[]): void {
    const modesOf = peerModesIn(resources, this.#settings(resources).rootNamespace);
    const sidecars = this.#workloads.flatMap(({ instances }) => instances).filter(({ pod }) => pod.proxy === 'sidecar');
    if (this.#modes.take(sidecars.map(({ pod }) => ({ uid: pod.uid, modes: modesOf(pod) })))) this.#nextStep();
    this.#store.decisions.keepCallers(this.#modes.callers());
  }

  #decideWithdrawals(resources: readonly Resource[]): void {
    const pods = this.#workloads.flatMap(({ instances }) => instances).filter(({ pod }) => pod.proxy !== 'none');
    const names = pods.map(({ pod }) => `${pod.namespace}/${pod.name}`);
    if (this.#withdrawals.take(resources, names)) this.#nextStep();
    this.#store.decisions.keepToldPolicies(this.#withdrawals.told());
  }

  /** When what is under way goes on without those that do not answer; undefined: nothing is. */
  #deadline(): number | undefined {
    const deadlines = [this.#modes.deadline(), this.#withdrawals.deadline()].filter((deadline) => deadline !== undefined);
    return deadlines.length === 0 ? undefined : Math.min(...deadlines);
  }

  /** Who has acknowledged a step is told by revisions: each has its own. */
  #nextStep(): void {
    if (this.#owned.revision() === this.#compiler.revision()) this.#store.objects.mark();
    this.#awaited = undefined;
  }

  /** Asks to be told when all proxies have the step, or when it is time to go on without some of them. */
  #awaitStep(): void {
    const deadline = this.#deadline();
    if (deadline === undefined || this.#awaited !== undefined) return;
    this.#awaited = this.#owned.revision();
    this.#powers.post({ kind: 'step', step: { revision: this.#awaited, timeoutMs: Math.max(1, deadline - this.#powers.now()) } });
  }

  #settings(resources: Parameters<typeof meshSettings>[0]): MeshSettings {
    const settings = meshSettings(resources);
    // Identities hang on the trust domain: it changes with a restart of weftd, never under running proxies.
    return settings.trustDomain === this.#trustDomain ? settings : this.#withTrustDomain(settings);
  }

  readonly #pinned = new WeakMap<MeshSettings, MeshSettings>();

  #withTrustDomain(settings: MeshSettings): MeshSettings {
    const pinned = this.#pinned.get(settings) ?? { ...settings, trustDomain: this.#trustDomain };
    this.#pinned.set(settings, pinned);
    return pinned;
  }

  /** What objects mean beside each other, and at this time. */
  #together(): readonly Finding[] {
    const resources = this.#owned.resources();
    return [...this.#compiler.findings(), ...this.#lapsed(resources), ...keyFindings(resources, this.#keys.fault)];
  }

  #lapsed(resources: readonly Resource[]): readonly Finding[] {
    return lapsed(resources, { now: this.#powers.now(), certificates: this.#powers.certificates });
  }

  #preview(request: ApplyRequest): readonly Finding[] {
    const resources = this.#owned.preview(request);
    return [...(this.#asIf(resources)?.findings ?? []), ...this.#lapsed(resources)];
  }

  #asIf(resources: readonly Resource[]): ReturnType<Compiler['preview']> {
    return this.#compiler.preview(this.#snapshot(resources, allocate(resources, this.#store.decisions.addresses())));
  }

  #snapshot(resources: readonly Resource[], assignments: Assignments): Parameters<Compiler['build']>[0] {
    const [settings, keys] = [this.#settings(resources), this.#keys.keys()];
    const [withdrawn, narrowed] = [this.#withdrawals.current(), this.#narrowings.narrowed()];
    return { resources, pods: this.#staged(resources), settings, assignments, keys, withdrawn, narrowed };
  }

  /** A stage on the way hides what it leads to: who asks what an object is for is asked what is different in the end. */
  #inTheEnd(snapshot: Parameters<Compiler['build']>[0]): Built {
    const narrowed = this.#narrowings.narrowed();
    return { ...snapshot, narrowed, pods: this.#instances(), withdrawn: nothingWithdrawn, isChanging: this.#deadline() !== undefined };
  }

  /** With the stage that each is at on its way to what these objects want. */
  #staged(resources: readonly Resource[]): Parameters<Compiler['build']>[0]['pods'] {
    const instances = this.#instances();
    if (this.#modes.deadline() === undefined) return instances;
    const modesOf = peerModesIn(resources, this.#settings(resources).rootNamespace);
    return instances.map((instance) => {
      const stage = this.#modes.stage({ uid: instance.pod.uid, modes: modesOf(instance.pod) });
      return stage ? { ...instance, stage } : instance;
    });
  }

  #instances(made: readonly PodInstance[] = this.#workloads.flatMap(({ instances }) => instances)): readonly Instance[] {
    return runningOf(made, this.#store.observed.reports());
  }

  #publish(key?: string): void {
    const update = this.#publisher.update(this.#compiler.plans(key), this.#compiler.revision());
    if (update) this.#powers.post({ kind: 'plan', update });
  }

  #postNode(): void {
    const mesh = this.#compiler.mesh();
    if (!mesh) return;
    const { clusterId, dnsDomain, gatewayPort } = this.#config;
    const [instances, resources] = [this.#instances(), this.#owned.resources()];
    const settings = this.#settings(resources);
    const place = { trustDomain: this.#trustDomain, clusterId, dnsDomain, gatewayPort };
    const [reports, node] = [this.#store.observed.reports(), this.#store.observed.node()];
    const state: NodeState = {
      view: nodeView({ mesh, resources, instances, ...place }),
      instances,
      workloads: this.#workloads.map((workload) => workloadStatus(workload, reports)),
      restartNeeded: this.#workloads.flatMap((workload) =>
        workload.instances.filter((instance) => isRestartNeeded(workload, instance)).map(({ pod }) => `${pod.namespace}/${pod.name}`),
      ),
      ...{ measured: measuredIn(resources), telemetryReceivers: telemetryReceivers(resources, settings) },
      telemetryRetention: settings.telemetryRetention,
      ...consoleSettings(resources, settings),
      ...{ trustDomainAliases: settings.trustDomainAliases, changing: this.#changing(), ...(node && { node }) },
    };
    const text = JSON.stringify(state);
    if (text === this.#nodeText) return;
    this.#nodeText = text;
    this.#powers.post({ kind: 'node', state });
  }

  #changing(): readonly string[] {
    const staged = this.#staged(this.#owned.resources()).flatMap(({ pod, stage }) => (stage ? [`${pod.namespace}/${pod.name}`] : []));
    return [...new Set([...staged, ...this.#withdrawals.current().flatMap(({ proxies }) => [...proxies])])];
  }

  #mistake(error: unknown, what: string): void {
    const stack = error instanceof Error ? error.stack : String(error);
    this.#log('error', { err: stack }, `a mistake of ours: ${what} could not be compiled; the last good one stays in force`);
    this.#powers.post({ kind: 'health', health: { compileErrors: this.#compiler.errors() } });
  }

  #log(level: 'info' | 'warn' | 'error', fields: object, message: string): void {
    this.#powers.post({ kind: 'log', level, fields, message });
  }
}
