/** Providers of CUSTOM policies that cannot be asked: for nobody there is, for some workloads, or for how they are asked [S110]. */
import { type AuthorizationPolicySpec, doubtful, type Problem, type Resource } from '@weft/model';
import { type AuthorizationPolicy, type ExternalAuthorizer, isHttp2, type Mesh, type Workload } from '../mesh/index.ts';
import { isFor } from '../scope/authorization.ts';
import { reaches } from '../scope/reach.ts';
import type { Facts, ObjectCheck } from './facts.ts';

type Policy = Resource<AuthorizationPolicySpec>;

const path = 'spec.provider.name';

const unaskable = (reason: string, remedy: string): Problem => ({ ...doubtful('IST0101', path, [reason, remedy]), severity: 'error' });

const outcome = ({ failOpen }: ExternalAuthorizer): string =>
  failOpen ? 'what the rules match is let pass (`failOpen`)' : 'what the rules match is refused';

const policyOf = ({ metadata }: Policy, { authorizations }: Mesh): AuthorizationPolicy | undefined =>
  authorizations.find(({ namespace, name }) => namespace === metadata.namespace && name === metadata.name);

/** Sidecars that are to ask, and have not heard of whom. */
const unaware = (policy: AuthorizationPolicy, authorizer: ExternalAuthorizer, mesh: Mesh): readonly Workload[] =>
  [...mesh.workloads.values()].filter((workload) => {
    if (!workload.sidecar) return false;
    const addresses = [workload.address, ...(workload.ipv6 ? [workload.ipv6] : [])];
    return isFor(policy, { ...workload, addresses }, mesh) && !reaches(mesh, workload, authorizer);
  });

const hiddenProblems = (resource: Policy, authorizer: ExternalAuthorizer, { mesh }: Facts): readonly Problem[] => {
  const policy = policyOf(resource, mesh);
  const [first, ...others] = policy ? unaware(policy, authorizer, mesh) : [];
  if (!first) return [];
  const whom = `${first.namespace}/${first.name}${others.length > 0 ? ` and ${others.length} more` : ''}`;
  return [
    unaskable(
      `\`${authorizer.host}:${authorizer.port}\` is hidden from ${whom}, so it cannot be asked there: ${outcome(authorizer)}`,
      "Let their Sidecar's `egress` import it, and the service's `exportTo` name their namespaces.",
    ),
  ];
};

const speaksHttp2 = ({ host, port }: ExternalAuthorizer, { servicesAt, rulesFor }: Facts): boolean =>
  servicesAt(host).some(({ ports }) =>
    ports.some(({ number, protocol }) => {
      const isUpgraded = () =>
        rulesFor(host).some(({ destination }) => destination.policy(port).connectionPool?.http?.h2Upgrade === 'UPGRADE');
      return number === port && (isHttp2(protocol) || isUpgraded());
    }),
  );

const protocolProblems = (authorizer: ExternalAuthorizer, facts: Facts): readonly Problem[] => {
  if (authorizer.kind !== 'grpc' || facts.mesh.rules.h2Upgrade || speaksHttp2(authorizer, facts)) return [];
  return [
    unaskable(
      `port ${authorizer.port} of \`${authorizer.host}\` is not declared gRPC, so it is asked in a protocol that it does not speak: ${outcome(authorizer)}`,
      "Name the Service's port `grpc`, or write `appProtocol: grpc`.",
    ),
  ];
};

const problemsOf = (resource: Policy, facts: Facts): readonly Problem[] => {
  const name = resource.spec.provider?.name;
  const authorizer = facts.mesh.authorizers.find((one) => one.name === name);
  if (authorizer) return [...protocolProblems(authorizer, facts), ...hiddenProblems(resource, authorizer, facts)];
  return [
    unaskable(
      `provider \`${name}\` cannot be asked (the mesh's \`extensionProviders\` lack it, it is broken, or its service is unknown): what the rules match is refused`,
      'Correct the name, the provider or its service.',
    ),
  ];
};

export const authorizers: ObjectCheck<'AuthorizationPolicy'> = {
  kind: 'AuthorizationPolicy',
  about: 'authorizers',
  reads: [
    'rules',
    'authorizers',
    'authorizations',
    'workloads',
    'sidecars',
    'services',
    'routings',
    'destinations',
    'backends',
    'endpoints',
  ],
  depends: ({ spec }, { mesh, rulesFor }) => {
    if (spec.action !== 'CUSTOM') return [];
    const authorizer = mesh.authorizers.find(({ name }) => name === spec.provider?.name);
    if (!authorizer) return [authorizer];
    const { rules, authorizations, workloads, sidecars, services, routings, backends, endpoints } = mesh;
    const concerned = [rules, authorizations, workloads, sidecars, services, routings, backends, endpoints];
    return [authorizer, ...concerned, ...rulesFor(authorizer.host)];
  },
  problems: (resource, facts) => (resource.spec.action === 'CUSTOM' ? problemsOf(resource, facts) : []),
};
