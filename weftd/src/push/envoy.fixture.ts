/** A real Envoy on the discovery service, and small real resources for it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { type Encoded, encodeResource, type ResourceSet, typed, typeUrls } from '@weft/envoy';
import { ClusterSchema } from '@weft/envoy/gen/envoy/config/cluster/v3/cluster_pb.js';
import { ClusterLoadAssignmentSchema } from '@weft/envoy/gen/envoy/config/endpoint/v3/endpoint_pb.js';
import { ListenerSchema } from '@weft/envoy/gen/envoy/config/listener/v3/listener_pb.js';
import { VirtualHostSchema } from '@weft/envoy/gen/envoy/config/route/v3/route_components_pb.js';
import { RouteConfigurationSchema } from '@weft/envoy/gen/envoy/config/route/v3/route_pb.js';
import { RouterSchema } from '@weft/envoy/gen/envoy/extensions/filters/http/router/v3/router_pb.js';
import { HttpConnectionManagerSchema } from '@weft/envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { findEnvoy } from '../../../agent/src/envoy-binary.ts';
import type { Credential } from './fixture.ts';
import { until } from './fixture.ts';

const ads = { configSourceSpecifier: { case: 'ads' as const, value: {} }, resourceApiVersion: 2 };
const seconds = (count: number) => ({ seconds: BigInt(count), nanos: 0 });
const socket = (port: number) => ({
  address: { case: 'socketAddress' as const, value: { address: '127.0.0.1', portSpecifier: { case: 'portValue' as const, value: port } } },
});

const cluster = (name: string, connectSeconds: number): Encoded => {
  const type = { case: 'type' as const, value: 3 };
  const eds = { edsConfig: ads, serviceName: name };
  return encodeResource(
    name,
    ClusterSchema,
    create(ClusterSchema, { name, clusterDiscoveryType: type, edsClusterConfig: eds, connectTimeout: seconds(connectSeconds) }),
  );
};

const assignment = (clusterName: string, port: number): Encoded => {
  const lbEndpoints = [{ hostIdentifier: { case: 'endpoint' as const, value: { address: socket(port) } } }];
  const message = create(ClusterLoadAssignmentSchema, { clusterName, endpoints: [{ lbEndpoints, locality: {} }] });
  return encodeResource(clusterName, ClusterLoadAssignmentSchema, message);
};

const listener = (port: number): Encoded => {
  const router = typed('envoy.filters.http.router', RouterSchema, {});
  const rds = { case: 'rds' as const, value: { routeConfigName: '80', configSource: ads } };
  const manager = typed('envoy.filters.network.http_connection_manager', HttpConnectionManagerSchema, {
    statPrefix: 'x',
    httpFilters: [router],
    routeSpecifier: rds,
  });
  return encodeResource(
    'out',
    ListenerSchema,
    create(ListenerSchema, { name: 'out', address: socket(port), filterChains: [{ filters: [manager] }] }),
  );
};

const everything = { pathSpecifier: { case: 'prefix' as const, value: '/' } };

const routes = (): Encoded => {
  const none = {
    name: 'none',
    domains: ['*'],
    routes: [{ match: everything, action: { case: 'directResponse' as const, value: { status: 404 } } }],
  };
  return encodeResource(
    '80',
    RouteConfigurationSchema,
    create(RouteConfigurationSchema, { name: '80', virtualHosts: [none], vhds: { configSource: ads } }),
  );
};

const virtualHost = (name: string, domain: string, to: string): Encoded => {
  const action = { case: 'route' as const, value: { clusterSpecifier: { case: 'cluster' as const, value: to } } };
  const host = create(VirtualHostSchema, { name, domains: [domain], routes: [{ match: everything, action }] });
  return encodeResource(`80/${name}`, VirtualHostSchema, host);
};

export interface MeshShape {
  readonly port: number;
  /** Cluster to the port of its only endpoint. */
  readonly clusters: Readonly<Record<string, number>>;
  /** Says something about every cluster; 1 if absent. */
  readonly connectSeconds?: number;
  /** Virtual host to domain and cluster. */
  readonly hosts: Readonly<Record<string, readonly [domain: string, cluster: string]>>;
}

const mapOf = (resources: readonly Encoded[]) => new Map(resources.map((resource) => [resource.name, resource]));

/** Encoded anew at each call, as by another process: only content decides what is sent. */
export const realResources = ({ port, clusters, hosts, connectSeconds = 1 }: MeshShape): ResourceSet =>
  new Map([
    [typeUrls.CDS, mapOf(Object.keys(clusters).map((name) => cluster(name, connectSeconds)))],
    [typeUrls.EDS, mapOf(Object.entries(clusters).map(([name, to]) => assignment(name, to)))],
    [typeUrls.LDS, mapOf([listener(port)])],
    [typeUrls.RDS, mapOf([routes()])],
    [typeUrls.VHDS, mapOf(Object.entries(hosts).map(([name, [domain, to]]) => virtualHost(name, domain, to)))],
  ]);

const bootstrap = (directory: string, xdsPort: number) => {
  const file = (name: string) => ({ filename: join(directory, name) });
  const grpc = { envoy_grpc: { cluster_name: 'xds', retry_policy: { retry_back_off: { base_interval: '0.1s', max_interval: '0.3s' } } } };
  const source = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' };
  const h2 = {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicit_http_config: { http2_protocol_options: {} },
  };
  const tls = {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
    sni: 'localhost',
    common_tls_context: {
      alpn_protocols: ['h2'],
      tls_certificates: [{ certificate_chain: file('chain.pem'), private_key: file('key.pem') }],
      validation_context: { trusted_ca: file('roots.pem') },
    },
  };
  const endpoint = { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: xdsPort } } } };
  return {
    node: { id: 'sidecar~127.0.0.1~web-1.shop~shop.svc.cluster.local', cluster: 'web', metadata: { NAMESPACE: 'shop' } },
    admin: { address: { pipe: { path: join(directory, 'admin.sock') } } },
    dynamic_resources: {
      ads_config: { api_type: 'DELTA_GRPC', transport_api_version: 'V3', set_node_on_first_message_only: true, grpc_services: [grpc] },
      cds_config: source,
      lds_config: source,
    },
    static_resources: {
      clusters: [
        {
          name: 'xds',
          connect_timeout: '1s',
          load_assignment: { cluster_name: 'xds', endpoints: [{ lb_endpoints: [endpoint] }] },
          typed_extension_protocol_options: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': h2 },
          transport_socket: { name: 'envoy.transport_sockets.tls', typed_config: tls },
        },
      ],
    },
  };
};

export interface RealEnvoy {
  /** Counters and gauges whose name matches. */
  stats(pattern: RegExp): Promise<Readonly<Record<string, number>>>;
  live(): Promise<boolean>;
  stop(): Promise<void>;
}

export interface EnvoyInput {
  readonly xdsPort: number;
  readonly roots: string;
  readonly certificate: NonNullable<Credential['certificate']>;
}

export const startEnvoy = async ({ xdsPort, roots, certificate }: EnvoyInput): Promise<RealEnvoy> => {
  const binary = await findEnvoy({ env: process.env, userHome: homedir(), log: () => {} });
  const directory = mkdtempSync(join(tmpdir(), 'weft-push-'));
  const write = (name: string, text: string): void => writeFileSync(join(directory, name), text, { mode: 0o600 });
  write('chain.pem', certificate.chain);
  write('key.pem', certificate.key);
  write('roots.pem', roots);
  write('envoy.json', JSON.stringify(bootstrap(directory, xdsPort)));
  const args = ['-c', join(directory, 'envoy.json'), '--use-dynamic-base-id', '--concurrency', '1', '-l', 'error'];
  const child: ChildProcess = spawn(binary, args, { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] });
  const admin = (path: string): Promise<string> =>
    get({ socketPath: join(directory, 'admin.sock'), path }).then(
      ({ body }) => body,
      () => '',
    );
  return {
    live: async () => (await admin('/ready')).startsWith('LIVE'),
    stats: async (pattern) => {
      const lines = (await admin('/stats')).split('\n').map((line) => line.split(': ') as [string, string]);
      return Object.fromEntries(lines.filter(([name]) => pattern.test(name)).map(([name, value]) => [name, Number(value)]));
    },
    stop: async () => {
      if (child.exitCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

interface Answer {
  readonly status: number;
  readonly body: string;
}

const get = (options: {
  readonly socketPath?: string;
  readonly port?: number;
  readonly path: string;
  readonly host?: string;
}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { host, ...where } = options;
    const asked = request(
      { ...where, ...(where.port ? { host: '127.0.0.1' } : {}), headers: host ? { host } : {}, timeout: 2_000 },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.end();
  });

/** What Envoy answers for a host: the upstream's name, else the status. */
export const ask = async (port: number, host: string): Promise<string> => {
  const { status, body } = await get({ port, path: '/', host }).catch((error: Error) => ({ status: 0, body: error.message }));
  return status === 200 ? body : `${status} ${body}`;
};

/** An upstream that says its name. */
export const upstream = async (name: string): Promise<{ readonly port: number; close(): void }> => {
  const server = createServer((_, response) => response.end(name));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
};

export const freePort = async (): Promise<number> => {
  const { port, close } = await upstream('');
  close();
  return port;
};

export const eventually = async (what: () => Promise<boolean>, timeoutMs = 10_000): Promise<boolean> => {
  let last = false;
  let asking = false;
  return until(() => {
    if (!asking) {
      asking = true;
      void what().then((now) => {
        last = now;
        asking = false;
      });
    }
    return last;
  }, timeoutMs);
};
