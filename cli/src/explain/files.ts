/** Explains on manifests alone, as if everything in them ran. */
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

export const explainFiles = async (files: readonly ManifestFile[], { from, namespace }: Caller, request: Request): Promise<Journey> => {
  // Loaded here: the compiler would slow down every other command.
  const { assumedPods, build, journey } = await import('@weft/compile/offline');
  const resources = files.flatMap(({ text, file }) => parse({ text, file, origin: { source: 'file' }, certificates }).resources);
  const pods = assumedPods(resources);
  const { mesh } = build({ resources, pods, settings: meshSettings(resources) });
  const situation = { mesh, resources, pods };
  if (from === 'outside') return journey(situation, request);
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
  return journey(situation, request, caller);
};
