import { type Resource, spiffeId, type WorkloadEntrySpec } from '@weft/model';
import { labelledLocality, localityOf } from '../kubernetes/locality.ts';
import { tlsModeLabel } from '../kubernetes/workload.ts';
import { nowhere, type Workload } from '../mesh/index.ts';

export interface EntryOwner {
  readonly name: string;
  readonly namespace: string;
  readonly trustDomain: string;
}

/** Istio's rule: the label decides, and without it whoever has a service account has a sidecar (`getTLSModeFromWorkloadEntry`). */
const hasSidecar = ({ labels, serviceAccount }: WorkloadEntrySpec): boolean => {
  const label = labels?.[tlsModeLabel];
  return label === undefined ? Boolean(serviceAccount) : label === 'istio';
};

/** An endpoint that is written down: in a WorkloadEntry, or in a ServiceEntry's list. */
export const entryWorkload = (spec: WorkloadEntrySpec, { name, namespace, trustDomain }: EntryOwner): Workload => ({
  name,
  namespace,
  labels: spec.labels ?? {},
  address: (spec.address ?? '').replace(/^unix:\/\//, ''),
  identity: spec.serviceAccount ? spiffeId({ trustDomain, namespace, serviceAccount: spec.serviceAccount }) : '',
  ready: true,
  sidecar: hasSidecar(spec),
  ports: spec.ports ?? {},
  locality: spec.locality ? localityOf(spec.locality) : (labelledLocality(spec.labels ?? {}) ?? nowhere),
  weight: spec.weight || 1,
  owner: name,
  cluster: '',
  kind: 'entry',
});

export const workloadOfEntry = ({ metadata, spec }: Resource<WorkloadEntrySpec>, trustDomain: string): Workload =>
  entryWorkload(
    { ...spec, labels: { ...metadata.labels, ...spec.labels } },
    { name: metadata.name, namespace: metadata.namespace, trustDomain },
  );
