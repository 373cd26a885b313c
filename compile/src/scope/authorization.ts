/** The policies for a workload: those of its namespace and of the root's that select it, and those attached to its services [S107]. */
import { gatewayNameLabel, type Proxy } from '@weft/model';
import {
  type AuthorizationPolicy,
  type AuthorizationSlice,
  clusterDomain,
  type Mesh,
  type PolicyTarget,
  selects,
  type Workload,
} from '../mesh/index.ts';
import { atBoundPorts } from './declared-ports.ts';
import type { Listening } from './gateway-listeners.ts';
import { withUnreadClients } from './unread-clients.ts';

export type Subject = Pick<Workload, 'namespace' | 'labels'> & { readonly addresses: readonly string[] };

/** The registered instance; a proxy that is none speaks for itself. */
export const subjectOf = ({ workloads }: Mesh, { namespace, name, labels, addresses }: Proxy): Subject => ({
  namespace,
  labels: workloads.get(`${namespace}/${name}`)?.labels ?? labels,
  addresses,
});

export const subjectOfWorkload = ({ namespace, labels, address, ipv6 }: Workload): Subject => ({
  namespace,
  labels,
  addresses: [address, ...(ipv6 === undefined ? [] : [ipv6])],
});

/** Addresses of endpoints that are written down, by service. */
const writtenAddresses = ({ memo, endpoints }: Mesh, service: string): ReadonlySet<string> =>
  memo(`addresses of ${service}`, [endpoints], () => {
    const own = [...endpoints.values()].filter((port) => port.service === service);
    return new Set(own.flatMap((port) => port.endpoints.map(({ address }) => address)));
  });

/** Whether the workload stands behind the Service: a policy is enforced where its requests arrive. */
const isBehind = ({ name }: PolicyTarget, namespace: string, { namespace: own, labels, addresses }: Subject, mesh: Mesh): boolean => {
  if (own !== namespace) return false;
  const service = `${namespace}/${name}.${namespace}.svc.${clusterDomain}`;
  const backend = mesh.backends.get(service);
  if (!backend) return false;
  if (backend.selector) return selects(backend.selector, labels);
  return addresses.some((address) => writtenAddresses(mesh, service).has(address));
};

/** Whether the workload serves the Gateway, whose name its pods bear. */
const isServing = ({ name }: PolicyTarget, namespace: string, { namespace: own, labels }: Subject): boolean =>
  own === namespace && labels[gatewayNameLabel] === name;

/** RequestAuthentications are attached as AuthorizationPolicies are. */
export type Attached = Pick<AuthorizationPolicy, 'namespace' | 'selector' | 'targets'>;

export const isFor = ({ namespace, selector, targets }: Attached, subject: Subject, mesh: Mesh): boolean => {
  if (targets)
    return targets.some((target) =>
      target.kind === 'Service' ? isBehind(target, namespace, subject, mesh) : isServing(target, namespace, subject),
    );
  if (namespace !== mesh.rules.rootNamespace && namespace !== subject.namespace) return false;
  return !selector || selects(selector, subject.labels);
};

const isAskable = ({ provider }: AuthorizationPolicy, authorizers: Mesh['authorizers']): boolean =>
  authorizers.some(({ name }) => name === provider);

const delegationsOf = (custom: readonly AuthorizationPolicy[], authorizers: Mesh['authorizers']): AuthorizationSlice['custom'] =>
  authorizers
    .map((authorizer) => ({ authorizer, policies: custom.filter(({ provider }) => provider === authorizer.name) }))
    .filter(({ policies }) => policies.length > 0);

/** Those of before that this proxy may not have the successors of; nobody knows what a proxy has that is no instance. */
const withdrawnFor = (mesh: Mesh, { namespace, name }: Proxy, subject: Subject): readonly AuthorizationPolicy[] => {
  const key = `${namespace}/${name}`;
  const concerned = mesh.withdrawn.filter(({ proxies }) => proxies.has(key) || !mesh.workloads.has(key));
  return concerned.map(({ policy }) => policy).filter((policy) => isFor(policy, subject, mesh));
};

export const sliceOf = (
  policies: readonly AuthorizationPolicy[],
  withdrawn: readonly AuthorizationPolicy[],
  authorizers: Mesh['authorizers'],
): AuthorizationSlice => {
  const of = (action: AuthorizationPolicy['action']) => policies.filter((policy) => policy.action === action);
  const custom = of('CUSTOM');
  return {
    authorizers,
    custom: delegationsOf(custom, authorizers),
    undecided: custom.filter((policy) => !isAskable(policy, authorizers)),
    withdrawn,
    audit: of('AUDIT'),
    deny: of('DENY'),
    allow: of('ALLOW'),
  };
};

interface Judged {
  readonly subject: Subject;
  /** The proxy that listens, where it is a gateway's. */
  readonly gateway?: Listening | undefined;
  readonly withdrawn?: readonly AuthorizationPolicy[];
}

export const authorizationOf = (mesh: Mesh, { subject, gateway, withdrawn: before = [] }: Judged): AuthorizationSlice => {
  const { authorizations, authorizers, memo } = mesh;
  const listening = (policies: readonly AuthorizationPolicy[]) =>
    gateway ? withUnreadClients(mesh, gateway, atBoundPorts(mesh, gateway, policies)) : policies;
  const policies = listening(authorizations.filter((policy) => isFor(policy, subject, mesh)));
  const withdrawn = listening(before);
  const names = (some: readonly AuthorizationPolicy[]) => some.map(({ namespace, name }) => `${namespace}/${name}`).join();
  const key = `authorization ${names(policies)};${names(withdrawn)}`;
  return memo(key, [authorizers, ...policies, ...withdrawn], () => sliceOf(policies, withdrawn, authorizers));
};

export const authorizationSlice = (mesh: Mesh, proxy: Proxy): AuthorizationSlice => {
  const subject = subjectOf(mesh, proxy);
  return authorizationOf(mesh, {
    subject,
    withdrawn: withdrawnFor(mesh, proxy, subject),
    ...(proxy.role === 'gateway' && { gateway: proxy }),
  });
};
