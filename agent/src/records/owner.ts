/** Whose records are in a spool: told with them, since the pod may be gone by then. */
import type { PodSpec } from '@weft/model';

export type RecordOwner = Pick<PodSpec, 'uid' | 'namespace' | 'name' | 'serviceAccount' | 'labels' | 'workload'>;

export const ownerOf = ({ uid, namespace, name, serviceAccount, labels, workload }: PodSpec): RecordOwner => ({
  ...{ uid, namespace, name, serviceAccount, labels, workload },
});
