/** PeerAuthentication: which mTLS mode a workload's port has [S88, S89]. */
import { byAge, ofKind, type PeerAuthenticationSpec, type PeerMtlsMode, type Resource, type WrittenPlace } from '@weft/model';
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

interface Heard<Policy> {
  readonly own?: Policy;
  readonly ofNamespace?: Policy;
  readonly meshWide?: Policy;
}

/** Who has a word about a workload: the oldest in each scope; a selector in the root namespace selects nobody. */
const heard = <Policy extends PeerPolicy>(policies: readonly Policy[], root: string, { namespace, labels }: PeerTarget): Heard<Policy> => {
  const meshWide = policies.find((policy) => policy.namespace === root && !policy.selector);
  const ofNamespace = policies.find((policy) => policy.namespace === namespace && !policy.selector);
  // Istio's ComposePeerAuthentication takes no selector of the root namespace, not even for workloads there.
  const own =
    namespace === root
      ? undefined
      : policies.find((policy) => policy.namespace === namespace && policy.selector && selects(policy.selector, labels));
  return { ...(own && { own }), ...(ofNamespace && { ofNamespace }), ...(meshWide && { meshWide }) };
};

/** The first of these that has a mode. */
const deciding = <Policy extends PeerPolicy>({ own, ofNamespace, meshWide }: Heard<Policy>): Policy | undefined =>
  [own, ofNamespace, meshWide].find((policy) => policy?.mode);

const otherwise: MtlsMode = 'PERMISSIVE';

/**
 * Workload over namespace over mesh.
 * @param policies oldest first
 */
export const peerModes = (policies: readonly PeerPolicy[], rootNamespace: string, target: PeerTarget): PeerModes => {
  const all = heard(policies, rootNamespace, target);
  return { mode: deciding(all)?.mode ?? otherwise, ports: all.own?.ports ?? {} };
};

/** The same for anybody, straight from the objects: who sequences changes must know the modes before there is a mesh of them. */
export const peerModesIn = (resources: readonly Resource[], rootNamespace: string): ((target: PeerTarget) => PeerModes) => {
  const policies = ofKind(resources, 'PeerAuthentication').toSorted(byAge).map(peerPolicyOf);
  return (target) => peerModes(policies, rootNamespace, target);
};

export interface PeerOrigin {
  readonly mode: MtlsMode;
  /** Absent: nobody says anything, and the default holds. */
  readonly from?: WrittenPlace;
}

/** And which object says so, for those who ask: of a port, or of all that have no mode of their own. */
export const peerOriginsIn = (
  resources: readonly Resource[],
  rootNamespace: string,
): ((target: PeerTarget, port?: number) => PeerOrigin) => {
  const policies = ofKind(resources, 'PeerAuthentication')
    .toSorted(byAge)
    .map((resource) => ({ ...peerPolicyOf(resource), name: resource.metadata.name }));
  return (target, port) => {
    const all = heard(policies, rootNamespace, target);
    const placed = ({ namespace, name }: (typeof policies)[number], path: string) => ({
      kind: 'PeerAuthentication',
      namespace,
      name,
      path,
    });
    const ofPort = port === undefined ? undefined : all.own?.ports[port];
    if (all.own && ofPort) return { mode: ofPort, from: placed(all.own, `spec.portLevelMtls.${port}.mode`) };
    const one = deciding(all);
    return one?.mode ? { mode: one.mode, from: placed(one, 'spec.mtls.mode') } : { mode: otherwise };
  };
};
