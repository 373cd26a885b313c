/**
 * One pod's life. Up: network, proxy, application. Down: endpoints first, then the application, then the proxy, so that
 * a request that was taken is also answered.
 */
import type { PodPhase, PodReport, PodSpec } from '@weft/model';
import { Container, type ContainerInput } from './container.ts';
import { type CaptureText, createNetwork, type PodNetwork, removeNetwork } from './network.ts';
import type { Proxy } from './proxy.ts';

export interface PodInput {
  readonly spec: PodSpec;
  readonly network: PodNetwork;
  readonly rules: CaptureText;
  readonly proxy: Proxy | undefined;
  readonly containers: readonly Omit<ContainerInput, 'onChange'>[];
  readonly now: () => number;
  readonly onChange: () => void;
  /** Resolves when those who send traffic know that the pod takes no more, or a short time after. */
  readonly endpointsGone: () => Promise<void>;
}

const retryMs = 2_000;
/** When the whole mesh ends nobody is left to drain for. */
const hastyGraceMs = 2_000;

export class Pod {
  readonly input: PodInput;
  readonly containers: readonly Container[];
  private phase: PodPhase = 'Pending';
  private message = 'starting';
  private readonly startedAt: number;
  private stopping = false;
  private applicationStarted = false;

  constructor(input: PodInput) {
    this.input = input;
    this.startedAt = input.now();
    this.containers = input.containers.map((container) => new Container({ ...container, onChange: () => this.changed() }));
  }

  get proxy(): Proxy | undefined {
    return this.input.proxy;
  }

  report(): PodReport {
    const { spec, network } = this.input;
    return {
      name: spec.name,
      namespace: spec.namespace,
      uid: spec.uid,
      address: network.address,
      ...(network.ipv6 !== undefined && { ipv6: network.ipv6 }),
      phase: this.phase,
      ready: this.ready,
      proxy: spec.proxy,
      message: this.ready ? '' : this.reason(),
      restarts: this.containers.reduce((sum, container) => sum + container.restarts, 0),
      startedAt: this.startedAt,
    };
  }

  get ready(): boolean {
    const { proxy, spec } = this.input;
    if (this.stopping || (proxy && !proxy.live)) return false;
    return spec.proxy === 'gateway' || (this.applicationStarted && this.containers.every((container) => container.ready));
  }

  async start(): Promise<void> {
    await this.persist('network', () => createNetwork(this.input.network, this.input.rules));
    const { proxy } = this.input;
    if (proxy) await this.persist('proxy', () => proxy.start());
    this.changed();
  }

  /** Called at every change of the pod or its parts: what waits for the proxy starts when the proxy is there. */
  changed(): void {
    const { proxy, spec, onChange } = this.input;
    const mayStart = !this.stopping && !this.applicationStarted && (!proxy || proxy.live);
    if (mayStart) {
      this.applicationStarted = true;
      this.phase = 'Running';
      if (spec.proxy !== 'gateway') for (const container of this.containers) container.start();
    }
    onChange();
  }

  async stop(haste: boolean): Promise<void> {
    this.stopping = true;
    this.phase = 'Terminating';
    const { proxy, spec, network, endpointsGone, onChange } = this.input;
    onChange();
    if (!haste) {
      await proxy?.drain();
      await endpointsGone();
    }
    const grace = haste ? hastyGraceMs : spec.terminationGracePeriodSeconds * 1_000;
    await Promise.all(this.containers.map((container) => container.stop(grace)));
    await proxy?.stop();
    await removeNetwork(network);
  }

  /** Tries until it works or the pod is stopped. */
  private async persist(part: string, action: () => Promise<void>): Promise<void> {
    while (!this.stopping) {
      try {
        await action();
        this.phase = 'Pending';
        return;
      } catch (error) {
        this.phase = 'Failed';
        this.message = `${part}: ${(error as Error).message}`;
        this.input.onChange();
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }

  private reason(): string {
    if (this.phase === 'Terminating') return 'stopping';
    if (this.phase === 'Failed') return this.message;
    const { proxy } = this.input;
    if (proxy && !proxy.live) return proxy.message;
    return this.containers.find((container) => !container.ready)?.message || this.message;
  }
}
