/** From what a person types (`web`, `deploy/web`, `pod/web-5c9f-x2`, `web.shop`) to the one thing that is meant. */
import { findKind, type WorkloadStatus } from '@weft/model';
import { exitCodes, Failure } from './exit.ts';

export interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** The one of `found`, or a failure that lists what there is. */
export const only = <T extends Named>(found: readonly T[], asked: string): T => {
  const [first, second] = found;
  if (!first) throw new Failure(`${asked} was not found`);
  if (!second) return first;
  const names = found.map(({ namespace, name }) => `${namespace}/${name}`).sort();
  throw new Failure(`${asked} is ambiguous: ${names.join(', ')}; say which namespace with -n`);
};

interface Asked {
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
}

const asked = (text: string, namespace: string | undefined): Asked => {
  const [first = '', rest] = text.split('/', 2);
  if (rest === undefined) return { name: first, ...(namespace !== undefined && { namespace }) };
  const kind = findKind(first)?.kind;
  if (!kind) throw new Failure(`${first} is not a kind of workload; write deploy/${rest} or pod/${rest}`, exitCodes.usage);
  return { kind, name: rest, ...(namespace !== undefined && { namespace }) };
};

const matches =
  (name: string, namespace: string | undefined) =>
  (candidate: Named): boolean =>
    candidate.name === name && (namespace === undefined || candidate.namespace === namespace);

/** A name as typed, then Istio's `name.namespace`. */
const pick = <T extends Named>(candidates: readonly T[], { name, namespace }: Asked): T[] => {
  const direct = candidates.filter(matches(name, namespace));
  const dot = name.lastIndexOf('.');
  if (direct.length > 0 || dot < 0 || namespace !== undefined) return direct;
  return candidates.filter(matches(name.slice(0, dot), name.slice(dot + 1)));
};

/** What a pod's name is looked up by. */
interface NamedPod extends Named {
  readonly ready: boolean;
  readonly phase: string;
}

interface NamedWorkload<Pod extends NamedPod> extends Named {
  readonly kind: string;
  readonly pods: readonly Pod[];
}

export type FoundPod<Workload extends NamedWorkload<NamedPod> = WorkloadStatus> = Workload['pods'][number] & {
  readonly workload: Workload;
};

const podsOf = <Workload extends NamedWorkload<NamedPod>>(workloads: readonly Workload[]): FoundPod<Workload>[] =>
  workloads.flatMap((workload) => workload.pods.map((pod) => ({ ...pod, workload })));

export const findWorkload = <Workload extends NamedWorkload<NamedPod>>(
  workloads: readonly Workload[],
  text: string,
  namespace?: string,
): Workload => {
  const wanted = asked(text, namespace);
  if (wanted.kind !== 'Pod') {
    const found = pick(workloads, wanted).filter((workload) => !wanted.kind || workload.kind === wanted.kind);
    if (found.length > 0 || wanted.kind) return only(found, text);
  }
  return only(pick(podsOf(workloads), wanted), text).workload;
};

/** A pod by its own name, or one of a workload's: the best to talk to. */
export const findPod = <Workload extends NamedWorkload<NamedPod>>(
  workloads: readonly Workload[],
  text: string,
  namespace?: string,
): FoundPod<Workload> => {
  const wanted = asked(text, namespace);
  const direct = !wanted.kind || wanted.kind === 'Pod' ? pick(podsOf(workloads), wanted) : [];
  if (direct.length > 0) return only(direct, text);
  const workload = findWorkload(workloads, text, namespace);
  const [pod] = podsOf([workload]).sort((a, b) => rank(b) - rank(a));
  if (!pod) throw new Failure(`${text} has no pod at present`);
  return pod;
};

const rank = (pod: NamedPod): number => (pod.ready ? 2 : 0) + (pod.phase === 'Running' ? 1 : 0);
