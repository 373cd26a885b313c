/** The main thread's hold on the worker: calls that are answered, and the latest of what the worker reports. */
import { Worker } from 'node:worker_threads';
import { keptWhole } from '@weft/model';
import { OpenCalls } from '../open-calls.ts';
import type { Log } from '../push/contract.ts';
import type { Plan } from '../push/plan.ts';
import { workerFile } from '../worker-file.ts';
import type { Calls, DesiredConfig, FromWorker, Health, Method, News, NodeState, Step, ToWorker } from './messages.ts';
import { createPlanMirror } from './mirror.ts';

export interface DesiredThread {
  readonly plan: Plan;
  /** From the settings in force at the start; fixed while weftd runs. */
  readonly trustDomain: string;
  node(): NodeState;
  health(): Health;
  /** Called at each new state; returns the detach function. */
  onNode(listener: (state: NodeState) => void): () => void;
  /** Called whenever another revision is planned or findings are others; returns the detach function. */
  onNews(listener: (news: News) => void): () => void;
  /** The one who waits for proxies and then calls `advance`; told of a step that is waited for already. */
  onStep(listener: (step: Step) => void): void;
  call<M extends Method>(method: M, ...argument: Parameters<Calls[M]>): Promise<Awaited<ReturnType<Calls[M]>>>;
  stop(): Promise<void>;
}

export interface DesiredThreadInput {
  readonly config: DesiredConfig;
  readonly log: Log;
  /** The worker died of something that it could not handle: weftd cannot go on. */
  readonly onDeath: (error: Error) => void;
}

const nothingYet: NodeState = {
  view: { pods: [], names: {}, services: [], hostPorts: [], trustDomain: '', clusterId: '', dnsDomain: '' },
  instances: [],
  workloads: [],
  restartNeeded: [],
  changing: [],
  trustDomainAliases: [],
  measured: { saturations: [], metrics: [] },
  telemetryReceivers: { otlp: {}, networks: [] },
  telemetryRetention: keptWhole,
};

/** Parsing makes much garbage at once; V8's own limit would let the thread hold on to more than twice what it needs. */
const maxYoungGenerationSizeMb = 12;

class WorkerThread {
  readonly #worker: Worker;
  readonly #log: Log;
  readonly #open = new OpenCalls();
  readonly #listeners = new Set<(state: NodeState) => void>();
  readonly #newsListeners = new Set<(news: News) => void>();
  readonly plan = createPlanMirror((message) => this.#post(message));
  #onStep: ((step: Step) => void) | undefined;
  #step: Step | undefined;
  #node = nothingYet;
  #health: Health = { compileErrors: 0 };
  #stopped = false;
  trustDomain = '';

  constructor({ config, log, onDeath }: DesiredThreadInput, onReady: () => void) {
    this.#log = log;
    this.#worker = new Worker(workerFile(import.meta.url, 'weftd-worker'), {
      workerData: config,
      name: 'desired',
      resourceLimits: { maxYoungGenerationSizeMb },
    });
    this.#worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') {
        this.trustDomain = message.trustDomain;
        onReady();
      } else this.#take(message);
    });
    this.#worker.on('error', (error) => this.#die(error instanceof Error ? error : new Error(String(error)), onDeath));
    this.#worker.on('exit', (code) => this.#die(new Error(`the desired-state thread ended with code ${code}`), onDeath));
  }

  node = (): NodeState => this.#node;
  health = (): Health => this.#health;

  onNode = (listener: (state: NodeState) => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  onNews = (listener: (news: News) => void): (() => void) => {
    this.#newsListeners.add(listener);
    return () => this.#newsListeners.delete(listener);
  };

  onStep = (listener: (step: Step) => void): void => {
    this.#onStep = listener;
    if (this.#step) listener(this.#step);
  };

  call = <M extends Method>(method: M, ...[argument]: Parameters<Calls[M]>): Promise<Awaited<ReturnType<Calls[M]>>> => {
    if (this.#stopped) return Promise.reject(new Error('weftd is stopping'));
    const answered = this.#open.begin((id) => this.#post({ kind: 'call', id, method, argument }));
    return answered as Promise<Awaited<ReturnType<Calls[M]>>>;
  };

  stop = async (): Promise<void> => {
    if (this.#stopped) return;
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#post({ kind: 'stop' });
    this.#stopped = true;
    this.#open.failAll(new Error('weftd is stopping'));
    await ended;
  };

  #post(message: ToWorker): void {
    if (!this.#stopped) this.#worker.postMessage(message);
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'answer':
        this.#open.answer(message.id, message.value);
        return;
      case 'failure':
        this.#open.fail(message.id, new Error(message.reason));
        return;
      case 'plan':
        this.plan.take(message.update);
        return;
      case 'node':
        this.#node = message.state;
        for (const listener of this.#listeners) listener(message.state);
        return;
      case 'step':
        this.#step = message.step;
        this.#onStep?.(message.step);
        return;
      case 'news':
        for (const listener of this.#newsListeners) listener(message.news);
        return;
      case 'health':
        this.#health = message.health;
        return;
      case 'log':
        this.#log[message.level](message.fields, message.message);
        return;
    }
  }

  #die(error: Error, onDeath: (error: Error) => void): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#open.failAll(error);
    onDeath(error);
  }
}

/** Resolves when the store and the folder are loaded and compiled. Rejects when they cannot be. */
export const startDesired = (input: DesiredThreadInput): Promise<DesiredThread> =>
  new Promise((resolve, reject) => {
    let ready = false;
    const onDeath = (error: Error): void => (ready ? input.onDeath(error) : reject(error));
    const thread = new WorkerThread({ ...input, onDeath }, () => {
      ready = true;
      resolve(thread);
    });
  });
