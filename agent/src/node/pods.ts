/** Makes the pods that run those that the view wants. A pod is known by its uid; what runs is never changed in place. */
import type { NodeView, PodReport, PodSpec } from '@weft/model';
import type { Pod } from '../pod/pod.ts';

export interface PodsInput {
  /** Builds a pod; it is started here. */
  readonly build: (spec: PodSpec, view: NodeView) => Pod;
  /** After a pod is gone: its address and files can go too. */
  readonly forget: (pod: Pod) => Promise<void>;
  readonly onTrouble: (message: string) => void;
}

export class Pods {
  private readonly input: PodsInput;
  private readonly running = new Map<string, Pod>();
  private readonly stopping = new Map<string, Promise<void>>();

  constructor(input: PodsInput) {
    this.input = input;
  }

  get all(): readonly Pod[] {
    return [...this.running.values()];
  }

  find(namespace: string, name: string): Pod | undefined {
    const named = this.all.filter(({ input: { spec } }) => spec.namespace === namespace && spec.name === name);
    return named.find((pod) => !this.stopping.has(pod.input.spec.uid)) ?? named[0];
  }

  reports(): readonly PodReport[] {
    return this.all.map((pod) => pod.report());
  }

  reconcile(view: NodeView): void {
    const wanted = new Set(view.pods.map(({ uid }) => uid));
    for (const uid of this.running.keys()) if (!wanted.has(uid)) void this.stop(uid, false);
    for (const spec of view.pods) if (!this.running.has(spec.uid)) this.start(spec, view);
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.running.keys()].map((uid) => this.stop(uid, true)));
  }

  private start(spec: PodSpec, view: NodeView): void {
    try {
      const pod = this.input.build(spec, view);
      this.running.set(spec.uid, pod);
      pod.start().catch((error: Error) => this.input.onTrouble(`pod ${spec.namespace}/${spec.name}: ${error.message}`));
    } catch (error) {
      this.input.onTrouble(`pod ${spec.namespace}/${spec.name} cannot be made: ${(error as Error).message}`);
    }
  }

  private stop(uid: string, haste: boolean): Promise<void> {
    const pod = this.running.get(uid);
    if (!pod) return Promise.resolve();
    const known = this.stopping.get(uid);
    if (known) return known;
    const gone = pod
      .stop(haste)
      .catch((error: Error) => this.input.onTrouble(`pod ${pod.input.spec.name} did not stop well: ${error.message}`))
      .then(async () => {
        this.running.delete(uid);
        this.stopping.delete(uid);
        await this.input.forget(pod);
      });
    this.stopping.set(uid, gone);
    return gone;
  }
}
