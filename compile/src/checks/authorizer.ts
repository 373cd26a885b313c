/** Providers of CUSTOM policies that cannot be asked: for nobody there is, for some workloads, or for how they are asked [S110]. */
import { type AuthorizationPolicySpec, doubtful, few, type Problem, type Resource } from '@weft/model';
import {
  type AuthorizationPolicy,
  type Conditions,
  type ExternalAuthorizer,
  type InboundPort,
  isHttp,
  isHttp2,
  type Mesh,
  type Workload,
} from '../mesh/index.ts';
import { isFor, subjectOfWorkload } from '../scope/authorization.ts';
import { inboundSlice } from '../scope/inbound.ts';
import { reaches } from '../scope/reach.ts';
import type { Facts, ObjectCheck } from './facts.ts';

type Policy = Resource<AuthorizationPolicySpec>;

const path = 'spec.provider.name';

const unaskable = (reason: string, remedy: string): Problem => ({ ...doubtful('IST0101', path, [reason, remedy]), severity: 'error' });

const outcome = ({ failOpen }: ExternalAuthorizer): string =>
  failOpen ? 'what the rules match is let pass (`failOpen`)' : 'what the rules match is refused';

const policyOf = ({ metadata }: Policy, { authorizations }: Mesh): AuthorizationPolicy | undefined =>
  authorizations.find(({ namespace, name }) => namespace === metadata.namespace && name === metadata.name);

interface Asking {
  readonly policy: AuthorizationPolicy;
  readonly authorizer: ExternalAuthorizer;
  /** Those with a sidecar that is to ask. */
  readonly workloads: readonly Workload[];
}

const askingOf = (policy: AuthorizationPolicy, authorizer: ExternalAuthorizer, mesh: Mesh): Asking => {
  const workloads = [...mesh.workloads.values()].filter((workload) => workload.sidecar && isFor(policy, subjectOfWorkload(workload), mesh));
  return { policy, authorizer, workloads };
};

const hiddenProblems = ({ authorizer, workloads }: Asking, mesh: Mesh): readonly Problem[] => {
  const cut = workloads.filter((workload) => !reaches(mesh, workload, authorizer));
  if (cut.length === 0) return [];
  return [
    unaskable(
      `\`${authorizer.host}:${authorizer.port}\` is hidden from ${few(cut.map(({ namespace, name }) => `${namespace}/${name}`))}, so it cannot be asked there: ${outcome(authorizer)}`,
      "Let their Sidecar's `egress` import it, and the service's `exportTo` name their namespaces.",
    ),
  ];
};

const isAbout = ({ rules }: AuthorizationPolicy, port: number): boolean => {
  const mayHold = (conditions: Conditions) =>
    conditions.every(({ test, negated }) => test.kind !== 'destination-port' || test.values.includes(port) !== negated);
  return rules.some(({ to, when }) => to.some(mayHold) && mayHold(when));
};

/** What comes there as bytes is no request, and such an authorizer is asked about requests alone. */
const takesBytes = ({ protocol, service, target }: InboundPort): boolean => !isHttp(protocol) && Boolean(service ?? target);

const bytesProblems = ({ policy, authorizer, workloads }: Asking, mesh: Mesh): readonly Problem[] => {
  if (authorizer.kind !== 'http') return [];
  const found = workloads.flatMap((workload) =>
    inboundSlice(mesh, { name: workload.name, ...subjectOfWorkload(workload) })
      .ports.filter((port) => takesBytes(port) && isAbout(policy, port.port))
      .map(({ port }) => `${port} of ${workload.namespace}/${workload.name}`),
  );
  if (found.length === 0) return [];
  return [
    doubtful('IST0133', path, [
      `an authorizer that speaks HTTP is not asked about connections, so the policy keeps nobody from port ${few(found, 1)}, where bytes may come that are no HTTP`,
      'Ask one that speaks gRPC (`envoyExtAuthzGrpc`), declare the port HTTP where it is, or limit the rules by `ports` and close the others with a DENY.',
    ]),
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
  if (authorizer) {
    const policy = policyOf(resource, facts.mesh);
    const asking = policy && askingOf(policy, authorizer, facts.mesh);
    return [
      ...protocolProblems(authorizer, facts),
      ...(asking ? [...hiddenProblems(asking, facts.mesh), ...bytesProblems(asking, facts.mesh)] : []),
    ];
  }
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
    'peers',
  ],
  depends: ({ spec }, { mesh, rulesFor }) => {
    if (spec.action !== 'CUSTOM') return [];
    const authorizer = mesh.authorizers.find(({ name }) => name === spec.provider?.name);
    if (!authorizer) return [authorizer];
    const { rules, authorizations, workloads, sidecars, services, routings, backends, endpoints, peers, destinations } = mesh;
    const concerned = [rules, authorizations, workloads, sidecars, services, routings, backends, endpoints, peers, destinations];
    return [authorizer, ...concerned, ...rulesFor(authorizer.host)];
  },
  problems: (resource, facts) => (resource.spec.action === 'CUSTOM' ? problemsOf(resource, facts) : []),
};
