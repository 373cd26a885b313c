/** What is asked of manifests alone: nothing here loads Envoy's types, which take longer to load than to answer. */
export { build } from './build.ts';
export { lapsed } from './checks/lapsed.ts';
export { assumedPods, journey, keySetsOf, tokensIn } from './explain/index.ts';
export type { RunningPod } from './kubernetes/workload.ts';
