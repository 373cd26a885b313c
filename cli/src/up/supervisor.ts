/**
 * `weft up`: starts the control plane and the agent, waits until the mesh is there, keeps both running, and ends everything
 * when it ends itself. What dies with it needs no clean-up: namespaces, interfaces and rules belong to the agent's processes.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { filesOf, type PodReport, type Status } from '@weft/model';
import type { Cli } from '../cli.ts';
import { Failure } from '../exit.ts';
import { podsIn } from '../pods.ts';
import { Child, type ChildSettings } from './child.ts';
import { nameCrashing } from './crashing.ts';
import { fullDisk, onDisk } from './disk.ts';
import { locateEnvoy } from './envoy.ts';
import { takeLock } from './lock.ts';
import { type Address, ensureFree, isListening } from './ports.ts';
import { createProgress, type Progress } from './progress.ts';
import { readyReport } from './report.ts';

export interface UpSettings {
  readonly folder: string;
  readonly gateway: Address;
  readonly api: Address;
  readonly xds: Address;
  readonly envoy?: string;
  readonly timeoutMs: number;
}

const pollMs = 100;
/** So long a pod may fail, as while it waits for another, before it is named. */
const patienceMs = 10_000;
/** A control plane that takes longer, as on a full disk, keeps nobody from ending the mesh. */
const answerMs = 2_000;

const inTime = <T>(answer: Promise<T>): Promise<T | undefined> =>
  Promise.race([answer.catch(() => undefined), sleep(answerMs, undefined, { ref: false })]);

/** Resolves with the first signal that asks for the end; later ones change nothing, since the end is bounded. */
const askedToEnd = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, resolve);
  });

const unready = (pods: readonly PodReport[]): string =>
  pods
    .filter((pod) => !pod.ready)
    .map((pod) => `${pod.namespace}/${pod.name}${pod.message ? ` (${pod.message})` : ''}`)
    .join(', ');

class Supervisor {
  private readonly cli: Cli;
  private readonly settings: UpSettings;
  private readonly progress: Progress;
  private readonly children: Child[] = [];
  /** Why a child ended before the mesh was up; afterwards children are started again. */
  private fatal: string | undefined;
  private running = false;
  private step = '';
  private readonly crashing = nameCrashing();
  private readonly startedAt = Date.now();

  constructor(cli: Cli, settings: UpSettings, progress: Progress) {
    this.cli = cli;
    this.settings = settings;
    this.progress = progress;
  }

  private child(settings: Pick<ChildSettings, 'name' | 'args' | 'onStart'>): Child {
    const { place, env, terminal } = this.cli;
    const child: Child = new Child({
      ...settings,
      env,
      logFile: join(filesOf(place).logs, `${settings.name}.log`),
      onExit: (how, again) => {
        const words = child.lastWords();
        const why = `${settings.name} ${how}${words && `: ${words}`}`;
        if (this.running) terminal.err(`weft: ${why}; starting it again in ${again} ms`);
        else this.fatal ??= fullDisk(place.home, words) ?? why;
      },
    });
    this.children.push(child);
    child.start();
    return child;
  }

  startAll(envoy: string, onStart: (pid: number) => void): void {
    const { place } = this.cli;
    const { folder, gateway, api, xds } = this.settings;
    const where = ['--home', place.home, '--run', place.run];
    mkdirSync(filesOf(place).logs, { recursive: true, mode: 0o700 });
    const addresses = ['--xds', `${xds.host}:${xds.port}`, '--api', `${api.host}:${api.port}`, '--gateway-port', String(gateway.port)];
    this.child({ name: 'weftd', args: ['--folder', folder, ...where, ...addresses], onStart });
    this.child({ name: 'agent', args: ['host', ...where, '--envoy', envoy], onStart });
  }

  /** Until the agent has reported, weftd tells of the pods that it knew last: those of a mesh that is over. */
  private async isOfThisRun(): Promise<boolean> {
    const pods = podsIn((await inTime(this.cli.api.workloads())) ?? []);
    return pods.every(({ startedAt }) => startedAt >= this.startedAt);
  }

  /** One Envoy opens the host's port, another the mesh's end of the socket behind it. */
  private isEntered(): boolean {
    const { gateway } = this.settings;
    return isListening(gateway) && existsSync(filesOf(this.cli.place).ingressSocket(gateway.port));
  }

  /** @returns what is being done before the mesh is there; undefined: it is */
  private async next(status: Status | undefined): Promise<string | undefined> {
    if (!status) return 'starting the control plane';
    const { ready, pods, addresses } = status;
    if (!ready || !(await this.isOfThisRun())) return `starting workloads: ${pods.ready} of ${pods.desired} ready`;
    if (addresses.gateway && !this.isEntered()) return `opening ${addresses.gateway}`;
    return undefined;
  }

  /** @returns the first status with which all is there; undefined when that took too long */
  async untilReady(ended: () => boolean): Promise<Status | undefined> {
    const begin = performance.now();
    const limit = begin + this.settings.timeoutMs;
    while (!ended() && performance.now() < limit) {
      if (this.fatal) throw new Failure(this.fatal);
      const status = await inTime(this.cli.api.status());
      const step = await this.next(status);
      if (step === undefined) {
        this.running = true;
        return status;
      }
      this.step = step;
      this.progress.step(step);
      if (performance.now() > begin + patienceMs) await this.noteCrashing();
      await sleep(pollMs);
    }
    this.running = true;
    return undefined;
  }

  async noteCrashing(): Promise<void> {
    for (const line of this.crashing(podsIn((await inTime(this.cli.api.workloads())) ?? []))) this.progress.note(line);
  }

  async explainUnready(): Promise<void> {
    const pods = podsIn((await inTime(this.cli.api.workloads())) ?? []);
    this.progress.failed(`not everything is ready: ${unready(pods) || `still ${this.step}`}`);
    this.cli.terminal.err(`weft: going on; logs are in ${filesOf(this.cli.place).logs}`);
  }

  /** Workloads first, so that they can say good-bye to a control plane that is still there. */
  async stopAll(): Promise<void> {
    for (const child of [...this.children].reverse()) await child.stop();
  }
}

/** @returns after everything that it started has ended */
export const runMesh = async (cli: Cli, settings: UpSettings): Promise<void> => {
  const progress = createProgress(cli.terminal);
  const lock = onDisk(cli.place.home, () => takeLock(cli.place));
  const end = askedToEnd();
  let ended = false;
  void end.then(() => {
    ended = true;
  });
  const supervisor = new Supervisor(cli, settings, progress);
  try {
    await ensureFree([settings.gateway, settings.api, settings.xds]);
    const wish = { env: cli.env, progress, ...(settings.envoy && { path: settings.envoy }) };
    const envoy = await Promise.race([locateEnvoy(wish), end.then(() => undefined)]);
    if (envoy === undefined) return;
    onDisk(cli.place.home, () => supervisor.startAll(envoy, lock.addChild));
    const status = await supervisor.untilReady(() => ended);
    if (!ended && status) {
      progress.done(`${settings.folder} is up`);
      const [workloads, link] = await Promise.all([cli.api.workloads(), cli.api.loginLink({})]);
      const report = { name: basename(settings.folder), status, workloads, link };
      for (const line of readyReport(report, cli.terminal)) cli.terminal.out(line);
    } else if (!ended) await supervisor.explainUnready();
    // What has no readiness probe counts as ready until it ends: it is looked at once more.
    setTimeout(() => void supervisor.noteCrashing(), patienceMs).unref();
    await end;
    progress.step('ending workloads, proxies and the control plane');
    await supervisor.stopAll();
    progress.done('everything has ended');
  } finally {
    // A start that failed says why, and nothing else.
    progress.end();
    await supervisor.stopAll();
    lock.release();
  }
};
