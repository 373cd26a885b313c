/** What of the configuration is used: which routes led requests and connections, and which rules decided. */
import type { DestinationSettings } from './istio/virtual-service.ts';

const suffix = '.svc.cluster.local';

/** A host as Istio reads it: a short name is in the own namespace. */
export const fullHost = (host: string, namespace: string): string => {
  if (host.endsWith(suffix)) return host;
  return host.includes('.') ? host : `${host}.${namespace}${suffix}`;
};

/** What Envoy's name of a cluster says, `outbound|80|v1|catalog.shop.svc.cluster.local`; of another kind of name, nothing. */
export const clusterParts = (cluster: string): { readonly port: string; readonly subset: string; readonly host: string } => {
  const [, port = '', subset = '', host = ''] = cluster.split('|');
  return { port, subset, host };
};

/** Whether Envoy's cluster, `outbound|80|v1|catalog.shop.svc.cluster.local`, is what a rule of this namespace means by a destination. */
export const isClusterOf = (cluster: string, { host, subset = '', port }: DestinationSettings, namespace: string): boolean => {
  const parts = clusterParts(cluster);
  return parts.host === fullHost(host, namespace) && parts.subset === subset && (port?.number ?? parts.port).toString() === parts.port;
};

export interface DestinationUse {
  /** Envoy's: `outbound|80|v1|catalog.shop.svc.cluster.local`; empty: what was answered without being sent anywhere. */
  readonly cluster: string;
  readonly requests: number;
  readonly failed: number;
  /** Of those that this route took. */
  readonly share: number;
}

export interface RouteUse {
  readonly kind: 'VirtualService';
  readonly namespace: string;
  readonly name: string;
  /** `spec.http[0]` */
  readonly path: string;
  /** As the VirtualService calls it; empty: it has none, and is known by its place. */
  readonly route: string;
  readonly hosts: readonly string[];
  readonly requests: number;
  readonly failed: number;
  /** Of the requests that this VirtualService led; absent: there were none. */
  readonly share?: number;
  /** Where they went, the most first. */
  readonly destinations: readonly DestinationUse[];
}

/** A rule for connections that are not HTTP, known by where it sends them. */
export interface ConnectionUse {
  readonly kind: 'VirtualService';
  readonly namespace: string;
  readonly name: string;
  /** `spec.tcp[0]`, `spec.tls[1]` */
  readonly path: string;
  readonly hosts: readonly string[];
  /** Those that ended. */
  readonly connections: number;
  readonly failed: number;
  /** Bytes from and to those who connected. */
  readonly received: number;
  readonly sent: number;
  /** Other rules that send connections to the same places: they are counted here, too. */
  readonly together: readonly string[];
  readonly destinations: readonly {
    readonly cluster: string;
    readonly connections: number;
    readonly received: number;
    readonly sent: number;
    readonly share: number;
  }[];
}

export interface RuleUse {
  readonly kind: 'AuthorizationPolicy';
  readonly namespace: string;
  readonly name: string;
  readonly rule: number;
  readonly action: string;
  /** What it decided, of requests and connections. */
  readonly matched: number;
  /** Of all that came in at workloads of which a policy decided; absent: nothing did. */
  readonly share?: number;
}

export interface TrafficUse {
  /** All of this time is counted, in whole minutes. */
  readonly from: number;
  readonly to: number;
  /** Unix milliseconds since when is counted; absent: nothing came yet. */
  readonly since?: number;
  readonly routes: readonly RouteUse[];
  readonly connections: readonly ConnectionUse[];
  readonly rules: readonly RuleUse[];
}
