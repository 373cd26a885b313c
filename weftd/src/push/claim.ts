/** Whose configuration a stream may have: what the node says of itself must agree with the credential and the registry. */
import { type NodeId, type NodeMetadata, parseMetadata, parseNodeId } from '@weft/envoy';
import type { Proxy } from '@weft/model';
import type { Caller } from '../ca/caller.ts';
import type { Instance, Registry } from '../registry.ts';

export interface NodeClaim {
  readonly id: string;
  readonly metadata: Parameters<typeof parseMetadata>[0];
  readonly locality: Proxy['locality'];
}

/** `reason` is for the log; the caller gets a bare PERMISSION_DENIED. */
export type Claimed = { readonly ok: true; readonly proxy: Proxy } | { readonly ok: false; readonly reason: string };

const denied = (reason: string): Claimed => ({ ok: false, reason });

/**
 * A credential bound to an instance speaks for that instance alone. One without (Istio's agents on other machines, a load
 * generator) speaks for any name of its namespace and service account, but never for a registered pod of another account.
 */
export const claimedProxy = (node: NodeClaim, caller: Caller, registry: Registry): Claimed => {
  const id = parseNodeId(node.id);
  if (!id) return denied(`node id ${JSON.stringify(node.id.slice(0, 256))} is not of Istio's form`);
  const metadata = parseMetadata(node.metadata);
  const { namespace, serviceAccount } = caller.identity;
  const told = [
    ['the node id', id.namespace, namespace],
    ['NAMESPACE', metadata.namespace || namespace, namespace],
    ['SERVICE_ACCOUNT', metadata.serviceAccount || serviceAccount, serviceAccount],
    ['NAME', metadata.name || id.name, id.name],
  ] as const;
  for (const [where, claimed, proven] of told) {
    if (claimed !== proven) return denied(`${where} of ${id.name} claims ${claimed}, the credential is for ${proven}`);
  }
  if (caller.instance && caller.instance.name !== id.name) return denied(`${caller.instance.name} claims to be ${id.name}`);
  const instance = registry.find(namespace, id.name);
  const registered = instance && fits(instance, id, caller);
  if (registered !== undefined && registered !== true) return denied(registered);
  return { ok: true, proxy: proxyOf({ node, id, metadata, instance, caller }) };
};

/** @returns what does not fit, or true. */
const fits = ({ pod }: Instance, id: NodeId, caller: Caller): true | string => {
  if (caller.instance && caller.instance.uid !== pod.uid) return `${id.name} is another instance now than when the credential was issued`;
  if (pod.serviceAccount !== caller.identity.serviceAccount) return `${id.name} runs as ${pod.serviceAccount}`;
  if ((pod.proxy === 'gateway') !== (id.role === 'router')) return `${id.name} claims to be a ${id.role}, but its proxy is: ${pod.proxy}`;
  return true;
};

interface Accepted {
  readonly node: NodeClaim;
  readonly id: NodeId;
  readonly metadata: NodeMetadata;
  readonly instance: Instance | undefined;
  readonly caller: Caller;
}

/** The registry's word counts before the node's own. */
const addressesOf = ({ id, metadata, instance }: Pick<Accepted, 'id' | 'metadata' | 'instance'>): readonly string[] => {
  if (instance?.address) return instance.ipv6 === undefined ? [instance.address] : [instance.address, instance.ipv6];
  return metadata.addresses.length > 0 ? metadata.addresses : [id.address];
};

const proxyOf = ({ node, id, metadata, instance, caller }: Accepted): Proxy => ({
  id: node.id,
  role: id.role === 'router' ? 'gateway' : 'sidecar',
  name: id.name,
  namespace: id.namespace,
  serviceAccount: caller.identity.serviceAccount,
  labels: instance?.pod.labels ?? metadata.labels,
  addresses: addressesOf({ id, metadata, instance }),
  cluster: metadata.clusterId,
  network: metadata.network,
  locality: node.locality,
  dnsDomain: id.dnsDomain,
  ...(metadata.unprivileged && { unprivileged: true }),
  ...(!caller.instance && { unbound: true }),
});
