import { describe, expect, test } from 'vitest';
import { expected, reported } from '../testing/marked.ts';
import {
  destinationRule,
  gateway,
  peerAuthentication,
  route,
  serviceEntry,
  toA,
  virtualService,
  workloadEntry,
} from '../testing/shapes.ts';

const table = (rows: readonly (readonly [name: string, text: string])[]): void => {
  test.each(rows)('%s', (_, text) => expect(reported(text)).toEqual(expected(text)));
};

describe('VirtualService', () => {
  table([
    [
      'nothing wrong',
      route(
        `    match: [{uri: {prefix: /a}, headers: {x: {regex: "a|b"}}, port: 80}]\n    timeout: 5s\n    retries: {attempts: 2, retryOn: "5xx,503"}\n${toA}`,
      ),
    ],
    [
      'a wildcard in the middle',
      virtualService('  hosts: ["a.*.com"] # E IST0106 spec.hosts[0]\n  http: [{route: [{destination: {host: a}}]}]'),
    ],
    ['* in the mesh', virtualService('  hosts: ["*"] # E IST0106 spec.hosts[0]\n  http: [{route: [{destination: {host: a}}]}]')],
    ['* at a gateway', virtualService('  hosts: ["*"]\n  gateways: [g]\n  http: [{route: [{destination: {host: a}}]}]')],
    [
      'one host twice, in another case',
      virtualService('  hosts: [a, A] # E IST0106 spec.hosts[1]\n  http: [{route: [{destination: {host: a}}]}]'),
    ],
    [
      'no routes',
      virtualService('  hosts: [a] # E IST0106 spec')
        .replace('spec:', 'spec: # E IST0106 spec')
        .replace(/ # E IST0106 spec$/, ''),
    ],
    [
      'a bad gateway',
      virtualService('  hosts: [a]\n  gateways: [a/b/c] # E IST0106 spec.gateways[0]\n  http: [{route: [{destination: {host: a}}]}]'),
    ],
    [
      'exported to nobody',
      virtualService('  hosts: [a]\n  exportTo: ["~"] # E IST0106 spec.exportTo[0]\n  http: [{route: [{destination: {host: a}}]}]'),
    ],
    ['an unknown field', route(`    retires: {} # E IST0106 spec.http[0].retires\n${toA}`)],
    ['a wrong type', route('    route: [{destination: {host: a}, weight: "1"}] # E IST0106 spec.http[0].route[0].weight')],
    ['no duration', route(`    timeout: 5x # E IST0106 spec.http[0].timeout\n${toA}`)],
    [
      'weights of zero',
      route(
        '    route: # E IST0106 spec.http[0].route\n    - {destination: {host: a}, weight: 0}\n    - {destination: {host: b}, weight: 0}',
      ),
    ],
    [
      'a weight of what has everything',
      route('    route: [{destination: {host: a}, weight: 30}] # W IST0133 spec.http[0].route[0].weight'),
    ],
    [
      'a destination that stands twice',
      route(
        '    route:\n    - {destination: {host: a}, weight: 1}\n    - {destination: {host: a}, weight: 2} # W IST0133 spec.http[0].route[1]',
      ),
    ],
    ['a negative weight', route('    route: [{destination: {host: a}, weight: -1}] # E IST0106 spec.http[0].route[0].weight')],
    ['null weights are absent (istio#36021)', route('    route: [{destination: {host: a}, weight: }]')],
    ['a null destination', route('    route:\n    - # E IST0106 spec.http[0].route[0]').replace('    - #', '    - null #')],
    ['a null header match', route(`    match: [{headers: {x: null}}] # E IST0106 spec.http[0].match[0].headers.x\n${toA}`)],
    ['an invalid regex', route(`    match: [{uri: {regex: "(?!a)"}}] # E IST0106 spec.http[0].match[0].uri.regex\n${toA}`)],
    ['an empty regex', route(`    match: [{uri: {regex: ""}}] # E IST0106 spec.http[0].match[0].uri.regex\n${toA}`)],
    ['* as regex', route(`    match: [{headers: {x: {regex: "*"}}}] # E IST0106 spec.http[0].match[0].headers.x.regex\n${toA}`)],
    [
      'a regex too large',
      route(
        `    match: [{uri: {regex: "([^acegikm]{990}|[^acegiko]{990}|[^acegiks]{990}|[^acegiku]{990}|[^acegikw]{990})"}}] # E IST0106 spec.http[0].match[0].uri.regex\n${toA}`,
      ),
    ],
    ['two matches in one', route(`    match: [{uri: {exact: /a, prefix: /b}}] # E IST0106 spec.http[0].match[0].uri\n${toA}`)],
    ['an empty prefix', route(`    match: [{method: {prefix: ""}}] # E IST0106 spec.http[0].match[0].method.prefix\n${toA}`)],
    [
      'a header with a space',
      route(`    match: [{headers: {"x(a": {exact: b}}}] # E IST0106 spec.http[0].match[0].headers["x(a"]\n${toA}`),
    ],
    ['a port out of range', route(`    match: [{port: 70000}] # E IST0106 spec.http[0].match[0].port\n${toA}`)],
    ['unquoted on', route(`    match: [{method: {exact: on}}] # E IST0106 spec.http[0].match[0].method.exact\n${toA}`)],
    ['nothing to do', route('    timeout: 1s').replace('- name: one', '- name: one # E IST0106 spec.http[0]')],
    ['a route and a redirect', route(`    redirect: {uri: /b}\n${toA}`).replace('- name: one', '- name: one # E IST0106 spec.http[0]')],
    ['a redirect code', route('    redirect: {uri: /b, redirectCode: 304} # E IST0106 spec.http[0].redirect.redirectCode')],
    ['a redirect to nowhere', route('    redirect: {} # E IST0106 spec.http[0].redirect')],
    ['a status of a response', route('    directResponse: {status: 99} # E IST0106 spec.http[0].directResponse.status')],
    ['a wildcard destination', route('    route: [{destination: {host: "*"}}] # E IST0106 spec.http[0].route[0].destination.host')],
    [
      'an unknown retry condition',
      route(`    retries: {attempts: 1, retryOn: "5xx,nonsense-policy"} # E IST0106 spec.http[0].retries.retryOn\n${toA}`),
    ],
    ['a status code to retry on', route(`    retries: {attempts: 1, retryOn: "700"} # E IST0106 spec.http[0].retries.retryOn\n${toA}`)],
    ['retries switched off and configured', route(`    retries: {attempts: 0, retryOn: 5xx} # E IST0106 spec.http[0].retries\n${toA}`)],
    [
      'a reference to no group',
      route(
        `    rewrite: {uriRegexRewrite: {match: "/(a)", rewrite: '\\9'}} # E IST0106 spec.http[0].rewrite.uriRegexRewrite.rewrite\n${toA}`,
      ),
    ],
    ['a rewrite without a pattern', route(`    rewrite: {uriRegexRewrite: {}} # E IST0106 spec.http[0].rewrite.uriRegexRewrite\n${toA}`)],
    ['a line break in a rewrite', route(`    rewrite: {uri: "/a\\nb"} # E IST0106 spec.http[0].rewrite.uri\n${toA}`)],
    ['a control character in a rewrite', route(`    rewrite: {uri: "/a\\x7fb"} # E IST0106 spec.http[0].rewrite.uri\n${toA}`)],
    [
      'a control character in a name for statistics',
      route(`    match: [{statPrefix: "a\\nb", uri: {prefix: /a}}] # E IST0106 spec.http[0].match[0].statPrefix\n${toA}`),
    ],
    ['two rewrites', route(`    rewrite: {uri: /a, uriRegexRewrite: {match: a, rewrite: b}} # E IST0106 spec.http[0].rewrite\n${toA}`)],
    [
      'a header name to add',
      route(`    headers: {request: {add: {"x(a": b}}} # E IST0106 spec.http[0].headers.request.add["x(a"]\n${toA}`),
    ],
    ['a single percent sign', route(`    headers: {request: {set: {x: "100%"}}} # E IST0106 spec.http[0].headers.request.set.x\n${toA}`)],
    ['an unknown operator', route(`    headers: {request: {set: {x: "%NOPE%"}}} # E IST0106 spec.http[0].headers.request.set.x\n${toA}`)],
    [
      'operators that exist',
      route(`    headers: {request: {set: {x: "100%% %REQ(:path)% %DOWNSTREAM_REMOTE_ADDRESS%", host: b}}}\n${toA}`),
    ],
    [
      'a pseudo header to set',
      route(`    headers: {request: {set: {":path": /b}}} # E IST0106 spec.http[0].headers.request.set[":path"]\n${toA}`),
    ],
    [
      'a pseudo header to add',
      route(`    headers: {request: {add: {":method": GET}}} # E IST0106 spec.http[0].headers.request.add[":method"]\n${toA}`),
    ],
    ['a pseudo header', route(`    headers: {response: {remove: [":path"]}} # E IST0106 spec.http[0].headers.response.remove[0]\n${toA}`)],
    [
      'the host of a response',
      route(`    headers: {response: {set: {host: b}}} # E IST0106 spec.http[0].headers.response.set.host\n${toA}`),
    ],
    [
      'a dead route',
      virtualService(
        '  hosts: [a]\n  http:\n  - route: [{destination: {host: a}}]\n  - route: [{destination: {host: b}}] # W IST0130 spec.http[1]',
      ),
    ],
    [
      'the same match again',
      virtualService(
        '  hosts: [a]\n  http:\n  - match: [{uri: {prefix: /a}}]\n    route: [{destination: {host: a}}]\n  - match: [{uri: {prefix: /a}}] # I IST0131 spec.http[1].match[0]\n    route: [{destination: {host: b}}]',
      ),
    ],
  ]);
});

describe('DestinationRule', () => {
  table([
    [
      'nothing wrong',
      destinationRule(
        '  host: "*.example.com"\n  trafficPolicy: {loadBalancer: {simple: RANDOM}, tls: {mode: ISTIO_MUTUAL}}\n  subsets: [{name: v1, labels: {version: v1}}]',
      ),
    ],
    [
      'a share of 0, which means ten percent [S62]',
      destinationRule(
        '  host: a\n  trafficPolicy: {outlierDetection: {maxEjectionPercent: 0}} # W IST0133 spec.trafficPolicy.outlierDetection.maxEjectionPercent',
      ),
    ],
    ['no host', destinationRule('  subsets: []').replace('spec:', 'spec: # E IST0106 spec')],
    [
      'a subset twice',
      destinationRule(
        '  host: a\n  subsets:\n  - {name: v1, labels: {v: a}}\n  - {name: v1, labels: {v: a}} # E IST0106 spec.subsets[1].name',
      ),
    ],
    ['an empty policy', destinationRule('  host: a\n  trafficPolicy: {} # E IST0106 spec.trafficPolicy')],
    [
      'a percentage of 200',
      destinationRule(
        '  host: a\n  trafficPolicy: {outlierDetection: {maxEjectionPercent: 200}} # E IST0106 spec.trafficPolicy.outlierDetection.maxEjectionPercent',
      ),
    ],
    [
      'no duration where the CRD asks for none',
      destinationRule(
        '  host: a\n  trafficPolicy: {connectionPool: {tcp: {idleTimeout: 5x}}} # E IST0106 spec.trafficPolicy.connectionPool.tcp.idleTimeout',
      ),
    ],
    [
      'an interval of zero',
      destinationRule(
        '  host: a\n  trafficPolicy: {outlierDetection: {interval: 0s}} # E IST0106 spec.trafficPolicy.outlierDetection.interval',
      ),
    ],
    [
      'negative connections',
      destinationRule(
        '  host: a\n  trafficPolicy: {connectionPool: {tcp: {maxConnections: -1}}} # E IST0106 spec.trafficPolicy.connectionPool.tcp.maxConnections',
      ),
    ],
    [
      'a port twice',
      destinationRule(
        '  host: a\n  trafficPolicy:\n    portLevelSettings:\n    - {port: {number: 80}, tls: {}}\n    - {port: {number: 80}, tls: {}} # E IST0106 spec.trafficPolicy.portLevelSettings[1].port',
      ),
    ],
    [
      'mutual TLS without a key',
      destinationRule('  host: a\n  trafficPolicy: {tls: {mode: MUTUAL, clientCertificate: /c}} # E IST0106 spec.trafficPolicy.tls'),
    ],
    [
      'mesh TLS with files',
      destinationRule('  host: a\n  trafficPolicy: {tls: {mode: ISTIO_MUTUAL, privateKey: /k}} # E IST0106 spec.trafficPolicy.tls'),
    ],
    [
      'an unverified server',
      destinationRule(
        '  host: a\n  trafficPolicy: {tls: {mode: SIMPLE, insecureSkipVerify: true}} # W IST0128 spec.trafficPolicy.tls.insecureSkipVerify',
      ),
    ],
    [
      'an old name',
      destinationRule(
        '  host: a\n  trafficPolicy: {loadBalancer: {simple: LEAST_CONN}} # W IST0002 spec.trafficPolicy.loadBalancer.simple',
      ),
    ],
  ]);
});

describe('Gateway', () => {
  const server = (text: string): string => gateway(`  selector: {istio: ingressgateway}\n  servers:\n  - ${text}`);
  table([
    ['nothing wrong', server('{port: {number: 80, name: http, protocol: HTTP}, hosts: ["*", "shop/*.a.com"], tls: {httpsRedirect: true}}')],
    ['no server', gateway('  selector: {a: b}').replace('spec:', 'spec: # E IST0106 spec.servers')],
    [
      'a port out of range',
      server('{port: {number: 70000, name: http, protocol: HTTP}, hosts: ["*"]} # E IST0106 spec.servers[0].port.number'),
    ],
    [
      'an unknown protocol',
      server('{port: {number: 80, name: http, protocol: HTPP}, hosts: ["*"]} # E IST0106 spec.servers[0].port.protocol'),
    ],
    ['TLS by a Secret', server('{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: c}} # ')],
    [
      'two certificates, a CA and limits',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: MUTUAL, credentialNames: [a, b], caCertCredentialName: c, minProtocolVersion: TLSV1_3, subjectAltNames: [x]}} # ',
      ),
    ],
    [
      'TLS by files',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: OPTIONAL_MUTUAL, serverCertificate: /a, privateKey: /b, caCertificates: /c}} # ',
      ),
    ],
    [
      'no certificate',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE}} # E IST0106 spec.servers[0].tls # E IST0106 spec.servers[0].tls',
      ),
    ],
    [
      'no CA for clients',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: MUTUAL, serverCertificate: /a, privateKey: /b}} # E IST0106 spec.servers[0].tls',
      ),
    ],
    [
      'a certificate said twice',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: c, serverCertificate: /a, privateKey: /b}} # E IST0106 spec.servers[0].tls',
      ),
    ],
    [
      'no name of a Secret',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: A_B}} # E IST0106 spec.servers[0].tls.credentialName',
      ),
    ],
    [
      'a certificate beside the mesh’s own',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: ISTIO_MUTUAL, credentialName: c}} # E IST0106 spec.servers[0].tls.credentialName',
      ),
    ],
    [
      'a certificate that nothing uses',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: PASSTHROUGH, credentialName: c}} # W IST0133 spec.servers[0].tls.credentialName',
      ),
    ],
    [
      'without a mode TLS passes on',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {credentialName: c}} # W IST0133 spec.servers[0].tls.credentialName',
      ),
    ],
    [
      'a demand that nobody checks',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: c, subjectAltNames: [a]}} # E WEFT0101 spec.servers[0].tls.subjectAltNames',
      ),
    ],
    ...['caCertificates: /ca', 'caCertCredentialName: ca'].map((said): [string, string] => [
      `clients that nobody asks for a certificate: ${said}`,
      server(
        `{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: c, ${said}}} # E WEFT0101 spec.servers[0].tls.${said.split(':')[0]}`,
      ),
    ]),
    [
      'a CA beside a Secret',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: MUTUAL, credentialName: c, caCertificates: /ca}} # W IST0133 spec.servers[0].tls.caCertificates',
      ),
    ],
    [
      'revoked certificates of the mesh',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: ISTIO_MUTUAL, caCrl: /crl}} # E WEFT0101 spec.servers[0].tls.caCrl',
      ),
    ],
    [
      'a version of the mesh',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: ISTIO_MUTUAL, minProtocolVersion: TLSV1_3}} # W IST0133 spec.servers[0].tls.minProtocolVersion',
      ),
    ],
    [
      'a demand of TLS that passes on',
      server(
        '{port: {number: 443, name: s, protocol: TLS}, hosts: ["*"], tls: {mode: PASSTHROUGH, subjectAltNames: [a]}} # W IST0133 spec.servers[0].tls.subjectAltNames',
      ),
    ],
    [
      'a certificate by the name of a CA',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: c-cacert}} # E IST0106 spec.servers[0].tls.credentialName',
      ),
    ],
    [
      'an unknown cipher suite and no other',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: c, cipherSuites: [NOPE]}} # W IST0133 spec.servers[0].tls.cipherSuites[0] # E IST0106 spec.servers[0].tls.cipherSuites',
      ),
    ],
    [
      'a suite twice',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: c, cipherSuites: [AES128-SHA, AES128-SHA]}} # W IST0133 spec.servers[0].tls.cipherSuites[1]',
      ),
    ],
    [
      'old TLS without suites',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: c, minProtocolVersion: TLSV1_0}} # W IST0133 spec.servers[0].tls.minProtocolVersion',
      ),
    ],
    [
      'no version in between',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: c, minProtocolVersion: TLSV1_3, maxProtocolVersion: TLSV1_2}} # E IST0106 spec.servers[0].tls.maxProtocolVersion',
      ),
    ],
    [
      'hashes that are none',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: MUTUAL, credentialName: c, verifyCertificateSpki: [x], verifyCertificateHash: [z]}} # E IST0106 spec.servers[0].tls.verifyCertificateSpki[0] # E IST0106 spec.servers[0].tls.verifyCertificateHash[0]',
      ),
    ],
    [
      'a list of revoked beside a Secret',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: MUTUAL, credentialName: c, caCrl: /crl}} # E IST0106 spec.servers[0].tls.caCrl',
      ),
    ],
    [
      'a redirect that nobody meets',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: c, httpsRedirect: true}} # W IST0133 spec.servers[0].tls.httpsRedirect',
      ),
    ],
    [
      'any client',
      server(
        '{port: {number: 443, name: s, protocol: HTTPS}, hosts: ["*"], tls: {mode: MUTUAL, credentialName: c, insecureSkipVerify: true}} # W IST0133 spec.servers[0].tls.insecureSkipVerify',
      ),
    ],
    [
      'TLS on bytes',
      server(
        '{port: {number: 443, name: s, protocol: TCP}, hosts: ["*"], tls: {mode: SIMPLE, credentialName: c}} # E IST0106 spec.servers[0].tls',
      ),
    ],
    [
      'TLS on HTTP',
      server('{port: {number: 80, name: s, protocol: HTTP}, hosts: ["*"], tls: {mode: SIMPLE}} # E IST0106 spec.servers[0].tls'),
    ],
    [
      'a wildcard in the middle',
      server('{port: {number: 80, name: s, protocol: HTTP}, hosts: ["a.*.com"]} # E IST0106 spec.servers[0].hosts[0]'),
    ],
    ['no namespace', server('{port: {number: 80, name: s, protocol: HTTP}, hosts: ["A_B/a.com"]} # E IST0106 spec.servers[0].hosts[0]')],
    [
      'a name twice',
      `${server('{port: {number: 80, name: s, protocol: HTTP}, hosts: ["a.com"]}')}\n  - {port: {number: 81, name: s, protocol: HTTP}, hosts: ["a.com"]} # E IST0106 spec.servers[1].port.name`,
    ],
    [
      'a host twice',
      `${server('{port: {number: 80, name: s, protocol: HTTP}, hosts: ["a.com"]}')}\n  - {port: {number: 80, name: t, protocol: HTTP}, hosts: ["A.com"]} # W IST0145 spec.servers[1].hosts[0]`,
    ],
    ['an address', server('{port: {number: 80, name: s, protocol: HTTP}, hosts: ["*"], bind: 127.0.0.1}')],
    ['no address', server('{port: {number: 80, name: s, protocol: HTTP}, hosts: ["*"], bind: here} # E IST0106 spec.servers[0].bind')],
    ['no TLS where it must be', server('{port: {number: 443, name: s, protocol: TLS}, hosts: ["*"]} # E IST0106 spec.servers[0].tls')],
  ]);
});

describe('ServiceEntry and WorkloadEntry', () => {
  const entry = (more: string, ports = '{number: 80, name: http, protocol: HTTP}'): string =>
    serviceEntry(`  hosts: [a.com]\n  ports: [${ports}]\n${more}`);
  table([
    [
      'nothing wrong',
      entry(
        '  resolution: STATIC\n  addresses: [10.0.0.0/24, 240.0.0.1]\n  endpoints: [{address: 10.0.0.1, ports: {http: 8080}}, {address: "unix:///run/a"}]',
      ),
    ],
    [
      'a CIDR of another family',
      entry('  resolution: STATIC\n  addresses: ["10.0.0.0/64"] # E IST0106 spec.addresses[0]\n  endpoints: [{address: 10.0.0.1}]'),
    ],
    [
      'half an address',
      entry('  resolution: STATIC\n  addresses: ["10.0.0"] # E IST0106 spec.addresses[0]\n  endpoints: [{address: 10.0.0.1}]'),
    ],
    ['every host', serviceEntry('  hosts: ["*"] # E IST0106 spec.hosts[0]\n  ports: [{number: 80, name: http}]')],
    [
      'a port twice',
      serviceEntry('  hosts: [a.com]\n  ports: # E IST0106 spec.ports\n  - {number: 80, name: a}\n  - {number: 80, name: b}'),
    ],
    ['a port out of range', entry('', '{number: 0, name: a}').replace('}]', '}] # E IST0106 spec.ports[0].number')],
    ['an unknown protocol', entry('', '{number: 80, name: a, protocol: SMTP}').replace('}]', '}] # E IST0106 spec.ports[0].protocol')],
    ['no endpoints', entry('  resolution: STATIC').replace('spec:', 'spec: # W IST0133 spec.endpoints')],
    [
      'a name where an address must be',
      entry('  resolution: STATIC\n  endpoints: [{address: b.com}] # E IST0106 spec.endpoints[0].address'),
    ],
    [
      'a wildcard for DNS',
      serviceEntry('  hosts: ["*.a.com"] # E IST0106 spec.hosts[0]\n  ports: [{number: 80, name: http}]\n  resolution: DNS'),
    ],
    ['endpoints without resolution', entry('  endpoints: [{address: 10.0.0.1}]').replace('spec:', 'spec: # E IST0106 spec')],
    [
      'a port that the entry has not',
      entry('  resolution: STATIC\n  endpoints: [{address: 10.0.0.1, ports: {grpc: 1}}] # E IST0106 spec.endpoints[0].ports.grpc'),
    ],
    [
      'an endpoint port of 0',
      entry('  resolution: STATIC\n  endpoints: [{address: 10.0.0.1, ports: {http: 0}}] # E IST0106 spec.endpoints[0].ports.http'),
    ],
    ['an address of five numbers', workloadEntry('  address: 10.0.0.1.2 # E IST0106 spec.address')],
    ['no address', workloadEntry('  labels: {a: b}').replace('spec:', 'spec: # E IST0106 spec')],
  ]);
});

describe('PeerAuthentication', () => {
  table([
    [
      'nothing wrong',
      peerAuthentication('  selector: {matchLabels: {app: a}}\n  mtls: {mode: STRICT}\n  portLevelMtls: {8080: {mode: DISABLE}}'),
    ],
    ['an unknown mode', peerAuthentication('  mtls: {mode: STRIKT} # E IST0106 spec.mtls.mode')],
    ['ports without a selector', peerAuthentication('  portLevelMtls: {8080: {mode: DISABLE}}').replace('spec:', 'spec: # E IST0106 spec')],
    [
      'a port out of range',
      peerAuthentication('  selector: {matchLabels: {app: a}}\n  portLevelMtls: {70000: {mode: DISABLE}} # E IST0106 spec.portLevelMtls'),
    ],
    ['a wildcard in the selector', peerAuthentication('  selector: {matchLabels: {app: "*"}} # E IST0106 spec.selector.matchLabels.app')],
  ]);
});
