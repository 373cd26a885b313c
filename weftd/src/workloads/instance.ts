import type { PodReport, PodSpec } from '@weft/model';
import type { Instance } from '../registry.ts';

/** A pod that the workload controller made. Name, uid and `proxy` are decided once, when it is created, and kept for its life. */
export interface PodInstance {
  readonly pod: PodSpec;
  /** Hash of the template (and of the restart request) that it was made from; another hash means an older template. */
  readonly template: string;
  /** Unix milliseconds. */
  readonly created: number;
}

/** With what the agent said of them last. */
export const runningOf = (made: readonly PodInstance[], reports: readonly PodReport[]): readonly Instance[] => {
  const byUid = new Map(reports.map((report) => [report.uid, report]));
  return made.map(({ pod }) => {
    const { address = '', ipv6, ready = false }: Partial<PodReport> = byUid.get(pod.uid) ?? {};
    return { pod, address, ...(ipv6 !== undefined && { ipv6 }), ready };
  });
};
