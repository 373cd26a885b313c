/** Everything that is checked about one object alone: its form first, then the rules of its kind. */
import type { CertificateReader } from './certificate/reader.ts';
import { checkAuthorizationPolicy } from './istio/authorization-policy.ts';
import { checkDestinationRule } from './istio/destination-rule.ts';
import { checkGateway } from './istio/gateway.ts';
import { checkPeerAuthentication } from './istio/peer-authentication.ts';
import { checkProxyConfig } from './istio/proxy-config.ts';
import { checkRequestAuthentication } from './istio/request-authentication.ts';
import { checkServiceEntry } from './istio/service-entry.ts';
import { checkSidecar } from './istio/sidecar.ts';
import { checkTelemetry } from './istio/telemetry.ts';
import { checkVirtualService } from './istio/virtual-service.ts';
import { checkWorkloadEntry } from './istio/workload-entry.ts';
import type { Kind } from './kinds.ts';
import { checkDeployment } from './kubernetes/deployment.ts';
import { checkEndpointSlice } from './kubernetes/endpoint-slice.ts';
import { checkNamespace } from './kubernetes/namespace.ts';
import { checkPod } from './kubernetes/pod.ts';
import { checkSecret } from './kubernetes/secret.ts';
import { checkService } from './kubernetes/service.ts';
import { checkAlertRoute } from './mesh/alert-route.ts';
import { checkAlertRule } from './mesh/alert-rule.ts';
import { checkServiceLevelObjective } from './mesh/objective.ts';
import { checkSaturation } from './mesh/saturation.ts';
import { checkMeshConfig } from './mesh/settings.ts';
import { type Problem, wrong } from './problem.ts';
import type { Metadata } from './resource.ts';
import { checkForm } from './schema/form.ts';
import type { Specs, SupportedKind } from './specs.ts';
import type { Json } from './yaml/json.ts';

type Check<K extends SupportedKind> = (spec: Specs[K], metadata: Metadata, certificates: CertificateReader) => Iterable<Problem>;

const checks: { readonly [K in SupportedKind]: Check<K> } = {
  Namespace: (_, metadata) => checkNamespace(metadata),
  Pod: checkPod,
  Deployment: checkDeployment,
  Service: checkService,
  ServiceAccount: () => [],
  Secret: checkSecret,
  EndpointSlice: checkEndpointSlice,
  ServiceEntry: checkServiceEntry,
  WorkloadEntry: (spec) => checkWorkloadEntry(spec),
  VirtualService: checkVirtualService,
  DestinationRule: checkDestinationRule,
  Gateway: checkGateway,
  Sidecar: checkSidecar,
  ProxyConfig: checkProxyConfig,
  PeerAuthentication: checkPeerAuthentication,
  AuthorizationPolicy: checkAuthorizationPolicy,
  RequestAuthentication: checkRequestAuthentication,
  Telemetry: checkTelemetry,
  MeshConfig: checkMeshConfig,
  ServiceLevelObjective: checkServiceLevelObjective,
  AlertRule: checkAlertRule,
  AlertRoute: checkAlertRoute,
  Saturation: checkSaturation,
};

const isSupported = (kind: string): kind is SupportedKind => Object.hasOwn(checks, kind);

/** The form was checked just before, so that the value is what the kind's type says. */
const rulesOf = (spec: Json, { kind: { kind }, metadata, certificates }: Content): Iterable<Problem> =>
  isSupported(kind) ? (checks[kind] as Check<never>)(spec as never, metadata, certificates) : [];

export interface Content {
  readonly kind: Kind;
  readonly metadata: Metadata;
  readonly spec: Json;
  readonly certificates: CertificateReader;
}

export interface Checked {
  /** As written, less the nulls that mean nothing. */
  readonly spec: Json;
  readonly problems: readonly Problem[];
}

/** Enough to correct; a hostile object could have a million. */
const maxProblems = 100;

export const checkContent = (content: Content): Checked => {
  const { spec, problems: ill, typed } = checkForm(content.kind, content.spec);
  const problems = [...ill];
  if (typed) {
    for (const problem of rulesOf(spec, content)) {
      // A field of the wrong form is told once.
      if (ill.some(({ path }) => path === problem.path)) continue;
      problems.push(problem);
      if (problems.length < maxProblems) continue;
      problems.push(wrong('WEFT0002', '', [`more than ${maxProblems} findings`, 'Correct these first.']));
      break;
    }
  }
  return { spec, problems };
};
