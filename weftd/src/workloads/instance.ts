import type { PodSpec } from '@weft/model';

/** A pod that the workload controller made. Name, uid and `proxy` are decided once, when it is created, and kept for its life. */
export interface PodInstance {
  readonly pod: PodSpec;
  /** Hash of the template (and of the restart request) that it was made from; another hash means an older template. */
  readonly template: string;
  /** Unix milliseconds. */
  readonly created: number;
}
