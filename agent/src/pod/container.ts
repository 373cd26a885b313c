/** One container's process: starts it confined, probes it, starts it again when it ends, stops it in good order. */
import type { ContainerSpec, Probe } from '@weft/model';
import { probeAddress, probeAddress6 } from '../addresses.ts';
import { inside } from '../host/launch.ts';
import { askPod, type Outcome } from '../probe/ask.ts';
import { probeContainer } from '../probe/schedule.ts';
import { Backoff } from '../process/backoff.ts';
import { type Child, describeExit, type StartOptions, start } from '../process/child.ts';
import type { LogFile } from '../process/log-file.ts';
import { openPipe } from '../process/pipe.ts';
import { childrenOf, isConfined, signal } from '../process/tree.ts';
import { applicationCommand, enterCommand, secretWords } from './confine.ts';
import { environmentOf, etcFiles, expandReferences, type PodFacts } from './environment.ts';
import type { PodNetwork } from './network.ts';
import { viewScript } from './view.ts';
import { type Surroundings, visibleFor, workingDirProblem } from './visible.ts';

export interface ContainerInput {
  readonly spec: ContainerSpec;
  readonly facts: PodFacts;
  readonly network: PodNetwork;
  /** The pod's own unprivileged user; absent where there is only one user. */
  readonly user: number | undefined;
  readonly around: Surroundings;
  readonly log: LogFile;
  readonly now: () => number;
  readonly onChange: () => void;
}

/** Kubernetes starts at 10 s; here somebody waits at the terminal. */
const restarts = { first: 500, max: 30_000, calm: 60_000 };
const confinedPollMs = 15;

export class Container {
  readonly input: ContainerInput;
  ready = false;
  running = false;
  restarts = 0;
  message = 'starting';
  private child: Child | undefined;
  /** Pid 1 of the application's pid namespace, from when its namespaces are complete and its rights are gone. */
  private init: number | undefined;
  private stopping = false;
  private wake = (): void => {};
  private ended: Promise<void> = Promise.resolve();

  constructor(input: ContainerInput) {
    this.input = input;
  }

  start(): void {
    this.ended = this.keepRunning();
  }

  /** SIGTERM to the application, SIGKILL to all that is left of it after the grace. */
  async stop(graceMs: number): Promise<void> {
    this.stopping = true;
    this.wake();
    if (this.child) await this.terminate(this.child, graceMs);
    await this.ended;
  }

  /** Runs a command as the application would; undefined while the application does not run. */
  async enter(command: readonly string[], options: StartOptions): Promise<Child | undefined> {
    const { init } = this;
    if (init === undefined) return undefined;
    const { spec, facts, user } = this.input;
    const env = environmentOf(spec, facts);
    const { workingDir } = await visibleFor(spec, this.input.around);
    return start(enterCommand(init, user), { ...options, detached: true, secret: secretWords({ workingDir, env, command }) });
  }

  private report(change: { readonly ready?: boolean; readonly running?: boolean; readonly message?: string }): void {
    const { ready = this.ready, running = this.running, message = this.message } = change;
    if (ready === this.ready && running === this.running && message === this.message) return;
    Object.assign(this, { ready, running, message });
    this.input.onChange();
  }

  private async keepRunning(): Promise<void> {
    const { spec, log, now } = this.input;
    const backoff = new Backoff(restarts);
    while (!this.stopping) {
      const startedAt = now();
      const end = await this.runOnce().catch((error: Error) => `cannot start: ${error.message}`);
      this.child = undefined;
      this.init = undefined;
      if (this.stopping) break;
      log.note(`${spec.name} ${end}`);
      const delay = backoff.after(now() - startedAt);
      this.restarts++;
      this.report({ ready: false, running: false, message: `container ${spec.name} ${end}` });
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, delay);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.report({ ready: false, running: false, message: `container ${spec.name} is stopped` });
  }

  /** @returns how it ended. */
  private async runOnce(): Promise<string> {
    const { spec, facts, network, user, around, log } = this.input;
    const { workingDir, ...visible } = await visibleFor(spec, around);
    const problem = await workingDirProblem(workingDir, around.separateUsers);
    if (problem) return `cannot start: ${problem}`;
    const env = environmentOf(spec, facts);
    const command = [...spec.command, ...spec.args].map((word) => expandReferences(word, env));
    const script = viewScript({ ...visible, hostname: facts.pod.name, files: etcFiles(facts) });
    const pipe = await openPipe(inside.root, user);
    if (this.stopping) {
      pipe.closeWriteEnd();
      return 'was stopped before it started';
    }
    const child = start(applicationCommand({ network: network.file, user, viewScript: script }), {
      output: log.write,
      outputTo: pipe.writeEnd,
      secret: secretWords({ workingDir, env, command }),
      detached: true,
    });
    pipe.closeWriteEnd();
    pipe.reader.on('data', log.write);
    this.child = child;
    const probes = new AbortController();
    this.probe(child, probes.signal).catch((error: Error) => {
      // Nobody would ever say again whether it is ready.
      log.note(`${spec.name} cannot be probed: ${error.message}`);
      child.process.kill('SIGKILL');
    });
    const exit = await child.exited;
    probes.abort();
    return describeExit(exit);
  }

  /** Of what the agent started: the application is below it. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  private async probe(child: Child, stop: AbortSignal): Promise<void> {
    const { spec, facts, log } = this.input;
    while (this.init === undefined) {
      await new Promise((resolve) => setTimeout(resolve, confinedPollMs));
      if (stop.aborted) return;
      const [init] = await childrenOf(child.pid);
      const confined = init !== undefined && (await isConfined(init));
      if (stop.aborted) return;
      if (confined) this.init = init;
    }
    this.report({ running: true, message: '' });
    const events = {
      ask: (probe: Probe) => this.ask(probe),
      onReady: (ready: boolean, reason: string) => this.report({ ready, message: reason && `container ${spec.name}: ${reason}` }),
      onDead: (reason: string) => {
        log.note(`${spec.name} is started again: ${reason}`);
        void this.terminate(child, facts.pod.terminationGracePeriodSeconds * 1_000);
      },
    };
    await probeContainer(spec, events, stop);
  }

  private ask(probe: Probe): Promise<Outcome> {
    const { address, ipv6 } = this.input.facts;
    return askPod(probe, {
      sides: [{ address, source: probeAddress }, ...(ipv6 === undefined ? [] : [{ address: ipv6, source: probeAddress6 }])],
      exec: async (command, timeoutMs) => {
        const child = await this.enter(command, {});
        if (!child) return 1;
        const timer = setTimeout(() => signal(-child.pid, 'SIGKILL'), timeoutMs);
        const { code } = await child.exited;
        clearTimeout(timer);
        return code;
      },
    });
  }

  private async terminate(child: Child, graceMs: number): Promise<void> {
    const [init] = await childrenOf(child.pid);
    if (init === undefined) child.process.kill('SIGKILL');
    else {
      const [application] = (await isConfined(init)) ? await childrenOf(init) : [];
      signal(application ?? init, application === undefined ? 'SIGKILL' : 'SIGTERM');
    }
    const timer = setTimeout(() => init !== undefined && signal(init, 'SIGKILL'), graceMs);
    await child.exited;
    clearTimeout(timer);
  }
}
