export interface GatewayServerSettings {
  readonly name?: string;
  readonly port: { readonly number: number; readonly protocol: string; readonly name: string; readonly targetPort?: number };
  /** `host` or `namespace/host` (semantics 117). */
  readonly hosts: readonly string[];
  readonly bind?: string;
  readonly tls?: { readonly httpsRedirect?: boolean; readonly mode?: string; readonly credentialName?: string };
}

export interface GatewaySpec {
  /** Labels of the gateway's pods, in every namespace (semantics 118). */
  readonly selector?: Readonly<Record<string, string>>;
  readonly servers?: readonly GatewayServerSettings[];
}
