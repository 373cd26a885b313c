import { attestedName, canonicalOf } from '@weft/model';
import type { Instance } from '../registry.ts';

export const instanceName = ({ pod }: Instance, cluster: string): string | undefined => {
  const { service: app, revision: version } = canonicalOf(pod);
  return attestedName({ workload: pod.workload.name, app, version, cluster });
};
