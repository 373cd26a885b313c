export { build, type Snapshot } from './build.ts';
export { type Assignments, allocate } from './kubernetes/allocate.ts';
export type { RunningPod } from './kubernetes/workload.ts';
export type { Mesh, View } from './mesh/index.ts';
export { scope } from './scope/index.ts';
