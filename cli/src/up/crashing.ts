/** Pods that keep ending while the mesh starts, which would otherwise be a number that does not grow. */
import type { PodReport } from '@weft/model';

const restartsOf = ({ restarts }: PodReport): string => (restarts === 1 ? '1 restart' : `${restarts} restarts`);

const lineOf = (pod: PodReport): string =>
  `${pod.namespace}/${pod.name} is not ready: ${pod.message} (${restartsOf(pod)}); see \`weft logs ${pod.name} -n ${pod.namespace}\``;

/** @returns a function from what the pods are now to a line for each that was not said before */
export const nameCrashing = (): ((pods: readonly PodReport[]) => readonly string[]) => {
  const said = new Set<string>();
  return (pods) => {
    const fresh = pods.filter((pod) => !pod.ready && pod.restarts > 0 && pod.message !== '' && !said.has(pod.uid));
    for (const { uid } of fresh) said.add(uid);
    return fresh.map(lineOf);
  };
};
