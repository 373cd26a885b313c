/** PeerAuthentication: which mTLS mode a workload's port has [S88, S89]. */
import { byAge, ofKind, type PeerAuthenticationSpec, type PeerMtlsMode, type Resource } from '@weft/model';
import { type MtlsMode, type PeerModes, type PeerPolicy, selects, type Workload } from '../mesh/index.ts';

const said = (mode: PeerMtlsMode | undefined): MtlsMode | undefined => (mode === undefined || mode === 'UNSET' ? undefined : mode);

export const peerPolicyOf = ({ metadata, spec }: Resource<PeerAuthenticationSpec>): PeerPolicy => {
  const selector = spec.selector?.matchLabels;
  const mode = said(spec.mtls?.mode);
  const ports = Object.entries(spec.portLevelMtls ?? {}).flatMap(([port, settings]) => {
    const own = said(settings?.mode);
    return own ? [[port, own] as const] : [];
  });
  return {
    namespace: metadata.namespace,
    ...(selector && Object.keys(selector).length > 0 ? { selector } : {}),
    ...(mode ? { mode } : {}),
    ports: Object.fromEntries(ports),
  };
};

export type PeerTarget = Pick<Workload, 'namespace' | 'labels'>;

/**
 * Workload over namespace over mesh, the oldest in each scope; a selector in the root namespace selects nobody.
 * @param policies oldest first
 */
export const peerModes = (policies: readonly PeerPolicy[], rootNamespace: string, { namespace, labels }: PeerTarget): PeerModes => {
  const meshWide = policies.find((policy) => policy.namespace === rootNamespace && !policy.selector);
  const ofNamespace = policies.find((policy) => policy.namespace === namespace && !policy.selector);
  // Istio's ComposePeerAuthentication takes no selector of the root namespace, not even for workloads there.
  const own =
    namespace === rootNamespace
      ? undefined
      : policies.find((policy) => policy.namespace === namespace && policy.selector && selects(policy.selector, labels));
  return { mode: own?.mode ?? ofNamespace?.mode ?? meshWide?.mode ?? 'PERMISSIVE', ports: own?.ports ?? {} };
};

/** The same for anybody, straight from the objects: who sequences changes must know the modes before there is a mesh of them. */
export const peerModesIn = (resources: readonly Resource[], rootNamespace: string): ((target: PeerTarget) => PeerModes) => {
  const policies = ofKind(resources, 'PeerAuthentication').toSorted(byAge).map(peerPolicyOf);
  return (target) => peerModes(policies, rootNamespace, target);
};
