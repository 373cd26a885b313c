/** Envoy's node id and metadata in Istio's format, so that Istio's clients and agents are understood, and ours by Istio's tools. */
import type { JsonObject, JsonValue } from '@bufbuild/protobuf';

export interface NodeId {
  /** Istio says `router` for gateways. */
  readonly role: 'sidecar' | 'router';
  readonly address: string;
  readonly name: string;
  readonly namespace: string;
  /** `shop.svc.cluster.local` */
  readonly dnsDomain: string;
}

/** `sidecar~10.244.0.5~web-7d9f-x1.shop~shop.svc.cluster.local` */
export const formatNodeId = ({ role, address, name, namespace, dnsDomain }: NodeId): string =>
  `${role}~${address}~${name}.${namespace}~${dnsDomain}`;

/** @returns undefined for anything but Istio's format: the caller refuses, nothing is guessed. */
export const parseNodeId = (text: string): NodeId | undefined => {
  const [role, address, instance, dnsDomain, ...rest] = text.split('~');
  if ((role !== 'sidecar' && role !== 'router') || !address || !instance || !dnsDomain || rest.length > 0) return undefined;
  // A pod's name may have dots, a namespace (RFC 1123 label) may not.
  const dot = instance.lastIndexOf('.');
  if (dot < 1 || dot === instance.length - 1) return undefined;
  return { role, address, name: instance.slice(0, dot), namespace: instance.slice(dot + 1), dnsDomain };
};

/** The fields of Istio's node metadata that Weft reads or writes. */
export interface NodeMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  readonly clusterId: string;
  readonly network: string;
  readonly meshId: string;
  readonly workload: string;
  readonly istioVersion: string;
  readonly unprivileged?: true;
}

/** The version whose behaviour Weft follows [S0]. */
export const istioVersion = '1.29.0';

export const formatMetadata = (metadata: NodeMetadata): JsonObject => ({
  NAME: metadata.name,
  NAMESPACE: metadata.namespace,
  SERVICE_ACCOUNT: metadata.serviceAccount,
  LABELS: { ...metadata.labels },
  INSTANCE_IPS: metadata.addresses.join(','),
  CLUSTER_ID: metadata.clusterId,
  NETWORK: metadata.network,
  MESH_ID: metadata.meshId,
  WORKLOAD_NAME: metadata.workload,
  ISTIO_VERSION: metadata.istioVersion,
});

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const strings = (value: JsonValue | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(isObject(value) ? value : {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );

/** What is missing or of another type is empty: what must be there is for the caller, who has the credential, to say. */
export const parseMetadata = (metadata: JsonObject | undefined): NodeMetadata => {
  const text = strings(metadata);
  return {
    name: text.NAME ?? '',
    namespace: text.NAMESPACE ?? '',
    serviceAccount: text.SERVICE_ACCOUNT ?? '',
    labels: strings(metadata?.LABELS),
    addresses: (text.INSTANCE_IPS ?? '').split(',').filter((address) => address !== ''),
    clusterId: text.CLUSTER_ID ?? '',
    network: text.NETWORK ?? '',
    meshId: text.MESH_ID ?? '',
    workload: text.WORKLOAD_NAME ?? '',
    istioVersion: text.ISTIO_VERSION ?? '',
    ...(text.UNPRIVILEGED_POD === 'true' && { unprivileged: true }),
  };
};
