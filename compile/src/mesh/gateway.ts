/** Ways into the mesh and out of it: Gateways as they are written, and what one proxy makes of all that select it. Identity-stable. */
import type { ConnectionRoute } from './connection.ts';
import type { TokenRule } from './request-authentication.ts';
import type { HttpRoute } from './route.ts';
import type { Surface } from './surface.ts';
import type { Labels } from './workload.ts';

/**
 * Where a certificate or a CA comes from: a Secret of the proxy's own namespace, by name alone, or files in the proxy's own
 * file system.
 */
export type ServerCertificate =
  | { readonly kind: 'secret'; readonly name: string }
  | { readonly kind: 'file'; readonly certificate: string; readonly privateKey: string };

export type ServerAuthority = { readonly kind: 'secret'; readonly name: string } | { readonly kind: 'file'; readonly path: string };

export type TlsVersion = 'TLSV1_0' | 'TLSV1_1' | 'TLSV1_2' | 'TLSV1_3';

/** TLS that ends at the gateway. */
export interface ServerTls {
  readonly mode: 'SIMPLE' | 'MUTUAL' | 'OPTIONAL_MUTUAL' | 'ISTIO_MUTUAL';
  /** Empty for ISTIO_MUTUAL: the workload's own identity. */
  readonly certificates: readonly ServerCertificate[];
  /** Whom clients are checked against; absent where they are not, or by the mesh's roots. */
  readonly authority?: ServerAuthority;
  /** File with revoked certificates. */
  readonly revoked?: string;
  readonly subjectAltNames: readonly string[];
  readonly spki: readonly string[];
  readonly hashes: readonly string[];
  readonly skipVerify: boolean;
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
  /** Empty: Envoy's own. */
  readonly cipherSuites: readonly string[];
}

/**
 * `http`: routes by host; `tcp`: bytes, after TLS where there is `tls`; `passthrough`: TLS left closed, by server name;
 * `auto-passthrough`: mesh TLS left closed, by the cluster's name in it [S121].
 */
export type GatewayContent = 'http' | 'tcp' | 'passthrough' | 'auto-passthrough';

export interface GatewayListener {
  /** What clients and rules call the port. */
  readonly port: number;
  readonly portName: string;
  /** As written, upper case. */
  readonly protocol: string;
  readonly content: GatewayContent;
  /** Absent: all addresses. */
  readonly bind?: string;
  /** Of `content` `http` and `tcp`. */
  readonly tls?: ServerTls;
  /** Namespace of the routes allowed (`*` any) and host. */
  readonly hosts: readonly { readonly namespace: string; readonly host: string }[];
  readonly httpsRedirect: boolean;
}

export interface Gateway {
  /** `namespace/name` */
  readonly key: string;
  readonly namespace: string;
  readonly selector: Labels;
  readonly listeners: readonly GatewayListener[];
}

/** Merged over the VirtualServices of all Gateways on the port [S47, S117]. */
export interface GatewayHost {
  readonly hosts: readonly string[];
  readonly routes: readonly HttpRoute[];
  readonly httpsRedirect: boolean;
  /** Another server answers for these hosts, and asks more of clients; absent: this one does. */
  readonly misdirected?: true;
}

/** What becomes of a connection: chains of one server are told apart by the name that the client asks for in TLS [S119]. */
export interface GatewayChain {
  /** Empty: whatever no other chain is for. */
  readonly serverNames: readonly string[];
  /** Absent: not opened here. */
  readonly tls?: ServerTls;
  readonly content:
    | {
        readonly kind: 'http';
        /** Name of the route table. */
        readonly routes: string;
        /** Most specific first. */
        readonly virtualHosts: readonly GatewayHost[];
        /** Requests in gRPC-Web go on as gRPC. */
        readonly grpcWeb?: true;
      }
    | { readonly kind: 'connection'; readonly route: ConnectionRoute }
    /** To the cluster that the server name says, of services whose host one of these covers. */
    | { readonly kind: 'auto-passthrough'; readonly hosts: readonly string[] };
}

/** One listener. */
export interface GatewayServer {
  /** The gateway's own port, where the Service's leads to. */
  readonly port: number;
  readonly bind: string;
  readonly chains: readonly GatewayChain[];
}

export interface GatewaySlice extends Surface {
  readonly servers: readonly GatewayServer[];
  /** Of requests to every server; absent: tokens are not looked at. */
  readonly tokens?: readonly TokenRule[];
}
