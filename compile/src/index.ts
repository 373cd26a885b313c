/** The verbs: objects → Mesh → View → Envoy resources, and what goes with them. */
export { build, type Snapshot } from './build.ts';
export { lapsed } from './checks/lapsed.ts';
export {
  type Arrival,
  accessIn,
  answered,
  assumedPods,
  concernedIn,
  type Decision,
  decisionOf,
  enteredAgain,
  enteredGateway,
  enteredServer,
  expectedProxy,
  explain,
  forwarded,
  type Incoming,
  inbound,
  journey,
  keySetsOf,
  modesIn,
  podAt,
  type Recorded,
  type Situation,
  serviceDetails,
  servicesIn,
  type TokenPowers,
  tokensIn,
} from './explain/index.ts';
export { proxyOf, shouldInject } from './inject/index.ts';
export { peerModesIn } from './istio/peer-authentication.ts';
export { keySourceOf } from './istio/request-authentication.ts';
export { type Assignments, allocate, entryOwner, serviceOwner } from './kubernetes/allocate.ts';
export { type PodTemplate, podTemplateOf } from './kubernetes/template.ts';
export type { RunningPod } from './kubernetes/workload.ts';
export {
  type Endpoint,
  everyAddress,
  type KeySource,
  keySourceName,
  type Mesh,
  type Narrowed,
  narrowedBy,
  type PeerModes,
  type PeerStage,
  type PoliciesInForce,
  type PortEndpoints,
  type Service,
  twinsOf,
  type View,
} from './mesh/index.ts';
export type { Withdrawal } from './passes/input.ts';
export { policiesInForce, type Ruled } from './scope/in-force.ts';
export { scope } from './scope/index.ts';
export { decode, emit, staticBootstrap } from './xds/index.ts';
