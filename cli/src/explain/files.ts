/** Explains on manifests alone, as if everything in them ran. */
import type { RunningPod } from '@weft/compile/offline';
import { type Journey, meshSettings, parse, type Request } from '@weft/model';
import { certificateReader as certificates } from '@weft/model/node';
import { Failure } from '../exit.ts';
import type { ManifestFile } from '../manifests.ts';
import { findPod } from '../names.ts';

export interface Caller {
  /** `outside`, or what names a pod. */
  readonly from: string;
  readonly namespace?: string;
}

export interface Explained {
  readonly journey: Journey;
  /** What the manifests say that cannot be taken: the journey is the one without it. */
  readonly errors: number;
}

const callerAmong = (pods: readonly RunningPod[], { from, namespace }: Caller): RunningPod => {
  const workloads = [...Map.groupBy(pods, ({ pod: { namespace, workload } }) => `${workload.kind} ${namespace}/${workload.name}`).values()];
  const named = workloads.flatMap((members) => {
    const [first] = members;
    if (!first) return [];
    const { namespace, workload } = first.pod;
    const running = members.map(({ pod: { name }, ready }) => ({ name, namespace, ready, phase: 'Running' as const }));
    return [{ ...workload, namespace, pods: running }];
  });
  const found = findPod(named, from, namespace);
  const caller = pods.find(({ pod }) => pod.name === found.name && pod.namespace === found.namespace);
  if (!caller) throw new Failure(`${from} has no pod`);
  return caller;
};

export const explainFiles = async (files: readonly ManifestFile[], caller: Caller, request: Request): Promise<Explained> => {
  // Loaded here: the compiler would slow down every other command.
  const { assumedPods, build, journey, keySetsOf, tokensIn } = await import('@weft/compile/offline');
  const parsed = files.map(({ text, file }) => parse({ text, file, origin: { source: 'file' }, certificates }));
  const resources = parsed.flatMap((one) => one.resources);
  const pods = assumedPods(resources);
  const { mesh } = build({ resources, pods, settings: meshSettings(resources) });
  const errors = parsed.flatMap(({ findings }) => findings).filter(({ severity }) => severity === 'error').length;
  const tokens = tokensIn(request);
  const read = tokens.length > 0 ? await (await import('@weft/model/node/tokens')).tokenReader(tokens, keySetsOf(mesh)) : undefined;
  const situation = { mesh, resources, pods, ...(read && { tokens: { ...read, now: Date.now } }) };
  return { journey: journey(situation, request, caller.from === 'outside' ? undefined : callerAmong(pods, caller)), errors };
};
