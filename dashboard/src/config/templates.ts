/** What a new object of each kind begins with: a small whole example, right as it stands, to be changed. */
import { kinds } from '@weft/model';
import { stringify } from 'yaml';

const labels = { app: 'example' };
const container = { name: 'example', command: ['./example'] };

/** Below `spec`, or beside the metadata where a kind has no `spec`. */
const bodies: Readonly<Record<string, object>> = {
  Service: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  Pod: { containers: [container] },
  Deployment: {
    replicas: 1,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [container] } },
  },
  EndpointSlice: { addressType: 'IPv4', ports: [{ name: 'http', port: 8080 }], endpoints: [{ addresses: ['192.0.2.10'] }] },
  VirtualService: { hosts: ['example'], http: [{ name: 'all', route: [{ destination: { host: 'example' } }] }] },
  DestinationRule: { host: 'example', subsets: [{ name: 'v1', labels: { version: 'v1' } }] },
  Gateway: {
    selector: { istio: 'ingressgateway' },
    servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['example.com'] }],
  },
  ServiceEntry: {
    hosts: ['api.example.com'],
    location: 'MESH_EXTERNAL',
    resolution: 'DNS',
    ports: [{ number: 443, name: 'tls', protocol: 'TLS' }],
  },
  WorkloadEntry: { address: '192.0.2.10', labels },
  Sidecar: { egress: [{ hosts: ['./*', 'istio-system/*'] }] },
  ProxyConfig: { concurrency: 2 },
  PeerAuthentication: { mtls: { mode: 'STRICT' } },
  AuthorizationPolicy: {
    selector: { matchLabels: labels },
    action: 'ALLOW',
    rules: [{ from: [{ source: { principals: ['cluster.local/ns/default/sa/web'] } }], to: [{ operation: { methods: ['GET'] } }] }],
  },
  RequestAuthentication: {
    selector: { matchLabels: labels },
    jwtRules: [{ issuer: 'https://login.example.com', jwksUri: 'https://login.example.com/keys' }],
  },
  Telemetry: { tracing: [{ randomSamplingPercentage: 10 }] },
  MeshConfig: { outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } },
  ServiceLevelObjective: {
    description: 'Requests succeed.',
    subject: { service: 'example' },
    indicator: { availability: {} },
    target: 99.9,
    period: { rolling: '30d' },
  },
  AlertRule: { subject: { service: 'example' }, signal: { errors: { above: 5 } }, window: '5m', for: '2m' },
  AlertRoute: { receivers: [{ webhook: { url: 'https://alerts.example.com/weft' } }] },
  Saturation: { workload: 'example', used: { gauge: 'pool_in_use' }, limit: { gauge: 'pool_size' } },
};

/** Names of kinds that stand for something that is there only once. */
const names: Readonly<Record<string, string>> = { MeshConfig: 'default' };

/** Empty for a kind that there is not. */
export const templateOf = (name: string, namespace: string): string => {
  const kind = kinds.find((one) => one.kind === name);
  if (!kind) return '';
  const body = bodies[name];
  return stringify(
    {
      apiVersion: kind.group === '' ? kind.versions[0] : `${kind.group}/${kind.versions[0]}`,
      kind: name,
      metadata: { name: names[name] ?? 'example', ...(kind.namespaced && { namespace }) },
      ...(body && (kind.body === 'whole' ? body : { spec: body })),
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
};
