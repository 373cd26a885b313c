/** The content of each supported kind. */
import type { AuthorizationPolicySpec } from './istio/authorization-policy.ts';
import type { DestinationRuleSpec } from './istio/destination-rule.ts';
import type { GatewaySpec } from './istio/gateway.ts';
import type { PeerAuthenticationSpec } from './istio/peer-authentication.ts';
import type { ProxyConfigSpec } from './istio/proxy-config.ts';
import type { RequestAuthenticationSpec } from './istio/request-authentication.ts';
import type { ServiceEntrySpec } from './istio/service-entry.ts';
import type { SidecarSpec } from './istio/sidecar.ts';
import type { TelemetrySpec } from './istio/telemetry.ts';
import type { VirtualServiceSpec } from './istio/virtual-service.ts';
import type { WorkloadEntrySpec } from './istio/workload-entry.ts';
import type { DeploymentSpec } from './kubernetes/deployment.ts';
import type { EndpointSliceSpec } from './kubernetes/endpoint-slice.ts';
import type { NamespaceSpec } from './kubernetes/namespace.ts';
import type { PodTemplateSpec } from './kubernetes/pod.ts';
import type { SecretSpec } from './kubernetes/secret.ts';
import type { ServiceSpec } from './kubernetes/service.ts';
import type { ServiceAccountSpec } from './kubernetes/service-account.ts';
import type { AlertRouteSpec } from './mesh/alert-route.ts';
import type { AlertRuleSpec } from './mesh/alert-rule.ts';
import type { ServiceLevelObjectiveSpec } from './mesh/objective.ts';
import type { SaturationSpec } from './mesh/saturation.ts';
import type { MeshConfigSpec } from './mesh/settings.ts';
import type { Resource } from './resource.ts';

export interface Specs {
  readonly Namespace: NamespaceSpec;
  readonly Pod: PodTemplateSpec;
  readonly Deployment: DeploymentSpec;
  readonly Service: ServiceSpec;
  readonly ServiceAccount: ServiceAccountSpec;
  readonly Secret: SecretSpec;
  readonly EndpointSlice: EndpointSliceSpec;
  readonly ServiceEntry: ServiceEntrySpec;
  readonly WorkloadEntry: WorkloadEntrySpec;
  readonly VirtualService: VirtualServiceSpec;
  readonly DestinationRule: DestinationRuleSpec;
  readonly Gateway: GatewaySpec;
  readonly Sidecar: SidecarSpec;
  readonly ProxyConfig: ProxyConfigSpec;
  readonly PeerAuthentication: PeerAuthenticationSpec;
  readonly AuthorizationPolicy: AuthorizationPolicySpec;
  readonly RequestAuthentication: RequestAuthenticationSpec;
  readonly Telemetry: TelemetrySpec;
  readonly MeshConfig: MeshConfigSpec;
  readonly ServiceLevelObjective: ServiceLevelObjectiveSpec;
  readonly AlertRule: AlertRuleSpec;
  readonly AlertRoute: AlertRouteSpec;
  readonly Saturation: SaturationSpec;
}

export type SupportedKind = keyof Specs;

/** Whether the object is of this kind; `parse` has checked its content. */
export const isKind = <K extends SupportedKind>(resource: Resource, kind: K): resource is Resource<Specs[K]> => resource.kind === kind;

/** The objects of one kind, in the order given. */
export const ofKind = <K extends SupportedKind>(resources: readonly Resource[], kind: K): readonly Resource<Specs[K]>[] =>
  resources.filter((resource): resource is Resource<Specs[K]> => isKind(resource, kind));
