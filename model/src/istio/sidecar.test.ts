import { describe, expect, test } from 'vitest';
import { expected, reported } from '../testing/marked.ts';
import { serviceEntry } from '../testing/shapes.ts';

const table = (rows: readonly (readonly [name: string, text: string])[]): void => {
  test.each(rows)('%s', (_, text) => expect(reported(text)).toEqual(expected(text)));
};

const sidecar = (spec: string): string =>
  `apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: web, namespace: shop}\nspec:\n${spec}\n`;

const proxyConfig = (spec: string): string =>
  `apiVersion: networking.istio.io/v1beta1\nkind: ProxyConfig\nmetadata: {name: web, namespace: shop}\nspec:\n${spec}\n`;

const egress = (rest: string): string => sidecar(`  egress:\n${rest}`);
const ingress = (rest: string): string => sidecar(`  ingress:\n${rest}`);

describe('Sidecar: egress [S21, S23]', () => {
  table([
    [
      'nothing wrong',
      egress(
        [
          '    - {port: {number: 9080, protocol: HTTP, name: http}, hosts: [prod/*]}',
          '    - {port: {number: 7000, protocol: TCP}, bind: 127.0.0.1, captureMode: NONE, hosts: [./db.example.com]}',
          '    - {port: {number: 0, protocol: HTTP}, bind: "unix:///run/a.sock", hosts: ["*/*.example.com"]}',
          '    - {hosts: ["~/*"]}',
        ].join('\n'),
      ),
    ],
    ['no namespace', egress('    - {hosts: [a.example.com]} # E IST0106 spec.egress[0].hosts[0]')],
    ['a short name', egress('    - {hosts: [prod/web]} # E IST0106 spec.egress[0].hosts[0]')],
    ['a wildcard in the middle', egress('    - {hosts: ["prod/a.*.com"]} # E IST0106 spec.egress[0].hosts[0]')],
    ['no hosts', egress('    - {hosts: []} # E IST0106 spec.egress[0].hosts')],
    ['imported twice', egress('    - {hosts: ["*/*", prod/a.example.com]} # W IST0133 spec.egress[0].hosts[1]')],
    [
      'a listener without port before another',
      egress('    - {hosts: [./*]} # E IST0106 spec.egress[0]\n    - {port: {number: 80, protocol: HTTP}, hosts: [./*]}'),
    ],
    [
      'a port twice',
      egress(
        '    - {port: {number: 80, protocol: HTTP}, hosts: [a/*]}\n    - {port: {number: 80, protocol: HTTP}, hosts: [b/*]} # E IST0106 spec.egress[1].port.number',
      ),
    ],
    ['port 0 without a socket', egress('    - {port: {number: 0, protocol: HTTP}, hosts: [a/*]} # E IST0106 spec.egress[0].bind')],
    [
      'a port that needs privileges',
      egress('    - {port: {number: 80, protocol: HTTP}, captureMode: NONE, hosts: [a/*]} # E WEFT0101 spec.egress[0].port.number'),
    ],
    [
      'an address that the proxy has not',
      egress(
        '    - {port: {number: 8080, protocol: HTTP}, bind: 10.1.2.3, captureMode: NONE, hosts: [a/*]} # E IST0106 spec.egress[0].bind',
      ),
    ],
    ['an unknown protocol', egress('    - {port: {number: 80, protocol: SMTP}, hosts: [a/*]} # E IST0106 spec.egress[0].port.protocol')],
  ]);
});

describe('Sidecar: ingress [S21]', () => {
  table([
    [
      'nothing wrong',
      ingress(
        '    - {port: {number: 9080, protocol: HTTP}, defaultEndpoint: "127.0.0.1:8080"}\n    - {port: {number: 9081, protocol: TCP}, defaultEndpoint: "unix:///run/a"}',
      ),
    ],
    [
      'a foreign endpoint',
      ingress('    - {port: {number: 9080, protocol: HTTP}, defaultEndpoint: "10.1.2.3:80"} # E IST0106 spec.ingress[0].defaultEndpoint'),
    ],
    [
      'an endpoint without port',
      ingress('    - {port: {number: 9080, protocol: HTTP}, defaultEndpoint: "127.0.0.1"} # E IST0106 spec.ingress[0].defaultEndpoint'),
    ],
    [
      'TLS of its own',
      ingress(
        '    - {port: {number: 9443, protocol: HTTPS}, tls: {mode: SIMPLE, serverCertificate: /c, privateKey: /k}} # E WEFT0101 spec.ingress[0].tls',
      ),
    ],
    ['a target port', ingress('    - {port: {number: 80, protocol: HTTP, targetPort: 81}} # E IST0106 spec.ingress[0].port.targetPort')],
    [
      'HTTP settings of a TCP port',
      ingress(
        '    - {port: {number: 80, protocol: TCP}, connectionPool: {http: {maxRetries: 1}}} # W IST0133 spec.ingress[0].connectionPool.http',
      ),
    ],
    ['a socket that leads nowhere', ingress('    - {port: {number: 9080, protocol: TCP}, captureMode: NONE} # W IST0133 spec.ingress[0]')],
  ]);
});

describe('Sidecar: the rest [S20, S22]', () => {
  table([
    [
      'one port for both directions',
      sidecar(
        [
          '  ingress: [{port: {number: 9080, protocol: HTTP}, captureMode: NONE, defaultEndpoint: "127.0.0.1:80"}]',
          '  egress: [{port: {number: 9080, protocol: HTTP}, captureMode: NONE, hosts: [./*]}] # E IST0106 spec.egress[0].port.number',
        ].join('\n'),
      ),
    ],
    ['nothing said', sidecar('  workloadSelector: {labels: {app: web}}').replace('spec:', 'spec: # E IST0106 spec')],
    ['a selector that selects all', sidecar('  workloadSelector: {} # W IST0133 spec.workloadSelector\n  egress: [{hosts: [./*]}]')],
    [
      'an egress proxy where nothing may leave',
      sidecar(
        '  outboundTrafficPolicy:\n    mode: REGISTRY_ONLY\n    egressProxy: {host: out.shop.svc.cluster.local, port: {number: 80}} # E IST0106 spec.outboundTrafficPolicy.egressProxy',
      ),
    ],
    ['a policy without mode', sidecar('  outboundTrafficPolicy: {} # W IST0133 spec.outboundTrafficPolicy')],
    [
      'an egress proxy without port',
      sidecar(
        '  outboundTrafficPolicy:\n    mode: ALLOW_ANY\n    egressProxy: {host: out.shop.svc.cluster.local} # E IST0106 spec.outboundTrafficPolicy.egressProxy.port',
      ),
    ],
  ]);
});

describe('ProxyConfig', () => {
  table([
    ['nothing wrong', proxyConfig('  selector: {matchLabels: {app: web}}\n  concurrency: 0\n  environmentVariables: {A_1: x}')],
    ['an image', proxyConfig('  image: {imageType: distroless} # W WEFT0101 spec.image')],
    [
      'code of the tenant',
      proxyConfig('  environmentVariables: {LD_PRELOAD: /var/tmp/x.so} # E IST0106 spec.environmentVariables.LD_PRELOAD'),
    ],
    ['a NUL', proxyConfig('  environmentVariables: {A: "x\\0"} # E IST0106 spec.environmentVariables.A')],
    ['a variable that is none', proxyConfig('  environmentVariables: {a-b: x} # E IST0106 spec.environmentVariables.a-b')],
  ]);
});

describe('ServiceEntry: DYNAMIC_DNS and several hosts [S71]', () => {
  const dynamic = (rest: string): string => serviceEntry(`  resolution: DYNAMIC_DNS\n${rest}`);
  table([
    ['nothing wrong', dynamic('  hosts: ["*.a.com"]\n  ports: [{number: 80, name: http, protocol: HTTP}]')],
    ['a name', dynamic('  hosts: [b.a.com] # E IST0106 spec.hosts[0]\n  ports: [{number: 80, name: http, protocol: HTTP}]')],
    ['bytes', dynamic('  hosts: ["*.a.com"]\n  ports: [{number: 80, name: tcp, protocol: TCP}] # E IST0106 spec.ports[0].protocol')],
    [
      'addresses',
      dynamic(
        '  hosts: ["*.a.com"]\n  addresses: [10.0.0.1] # E IST0106 spec.addresses\n  ports: [{number: 80, name: http, protocol: HTTP}]',
      ),
    ],
    [
      'several hosts on a TCP port',
      serviceEntry(
        '  hosts: [a.com, b.com]\n  resolution: DNS\n  ports: [{number: 80, name: tcp, protocol: TCP}] # E IST0106 spec.ports[0]',
      ),
    ],
    [
      'a socket with two ports',
      serviceEntry(
        '  hosts: [a.com]\n  resolution: STATIC\n  ports: [{number: 80, name: http}, {number: 81, name: more}]\n  endpoints: [{address: "unix:///run/a"}] # E IST0106 spec.endpoints[0].address',
      ),
    ],
    ['everything', serviceEntry('  hosts: ["*"] # E IST0106 spec.hosts[0]\n  ports: [{number: 80, name: http}]')],
  ]);
});
