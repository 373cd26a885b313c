/** Whether an object has to do with a service: it is the service, names its host, or is about workloads of its namespace. */
import type { Resource } from '@weft/model';

export interface Subject {
  readonly namespace: string;
  /** Absent: the whole namespace. */
  readonly service?: string;
  /** Names of the workloads that the service selects. */
  readonly workloads: ReadonlySet<string>;
  /** Policies of this one hold everywhere. */
  readonly rootNamespace: string;
}

/** They are about workloads, and name no host. */
const policies: ReadonlySet<string> = new Set([
  'AuthorizationPolicy',
  'PeerAuthentication',
  'RequestAuthentication',
  'Sidecar',
  'Telemetry',
  'ProxyConfig',
]);

const textsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
};

/** `web`, `web.shop` or `web.shop.svc.cluster.local`; the short name in its own namespace only. */
const namesHost = ({ spec, metadata }: Resource, { service = '', namespace }: Subject): boolean =>
  textsIn(spec).some(
    (text) =>
      text === `${service}.${namespace}` ||
      text.startsWith(`${service}.${namespace}.`) ||
      (metadata.namespace === namespace && text === service),
  );

export const concerns = (resource: Resource, subject: Subject): boolean => {
  const { kind, metadata } = resource;
  const { namespace, service, workloads, rootNamespace } = subject;
  if (kind === 'Namespace') return metadata.name === namespace;
  const isPolicy = policies.has(kind);
  if (isPolicy && metadata.namespace === rootNamespace) return true;
  if (service === undefined) return metadata.namespace === namespace;
  if (metadata.namespace === namespace) {
    if (isPolicy || (kind === 'Service' && metadata.name === service)) return true;
    if (workloads.has(metadata.name)) return true;
  }
  return namesHost(resource, subject);
};
