/** A proxy as the control plane knows it after authentication: node metadata that matched the credential. */
export interface Proxy {
  /** Envoy's node id: `sidecar~10.244.0.5~web-7d9f-x1.shop~shop.svc.cluster.local`. */
  readonly id: string;
  readonly role: 'sidecar' | 'gateway';
  /** Pod (instance) name. */
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Labels of the registered instance; of the node metadata where the credential names no instance. */
  readonly labels: Readonly<Record<string, string>>;
  readonly addresses: readonly string[];
  readonly cluster: string;
  readonly network: string;
  readonly locality: { readonly region: string; readonly zone: string; readonly subzone: string };
  /** `shop.svc.cluster.local` */
  readonly dnsDomain: string;
  /** It may not listen on ports below 1024; said by Istio's agents (`UNPRIVILEGED_POD`), never by ours. */
  readonly unprivileged?: true;
  /** Its credential names no instance: role and labels are its own word, so it has no Secrets. */
  readonly unbound?: true;
}
