/**
 * What Envoy 1.40 refuses, and what it accepts and means something else by (measured with `envoy --mode validate`), as far as the kinds
 * of traffic can say it: for each fault the manifests that would cause it, and what Weft says instead. What only security kinds or
 * raw patches could cause (RBAC, JWT, a filter chain without a router) has no row.
 */

export interface Fault {
  /** As Envoy sees it. */
  readonly fault: string;
  readonly manifest: string;
  readonly code: string;
  /** Of the field that is named. */
  readonly path: string;
  /** Only a part is left out, and the finding says which; otherwise an error. */
  readonly severity?: 'warning';
}

type Row = readonly [manifest: string, code: string, path: string, severity?: 'warning'];

const rows = (fault: string, ...all: readonly Row[]): readonly Fault[] =>
  all.map(([manifest, code, path, severity]) => ({ fault, manifest, code, path, ...(severity && { severity }) }));

const object = (kind: string, spec: string): string =>
  `apiVersion: networking.istio.io/v1\nkind: ${kind}\nmetadata: {name: bad, namespace: shop}\nspec: ${spec}\n`;

const virtualService = (spec: string): string => object('VirtualService', spec);
/** One HTTP route to a service that exists. */
const http = (route: string): string =>
  virtualService(
    `{hosts: [bad.example.com], http: [{${route ? `${route}, ` : ''}route: [{destination: {host: web, port: {number: 80}}}]}]}`,
  );
const match = (one: string): string => http(`match: [{${one}}]`);
const tls = (sniHosts: string): string =>
  virtualService(
    `{hosts: ["*.example.com"], tls: [{match: [{port: 443, sniHosts: ${sniHosts}}], route: [{destination: {host: web, port: {number: 80}}}]}]}`,
  );
const tcp = (one: string): string =>
  virtualService(`{hosts: [web], tcp: [{match: [{${one}}], route: [{destination: {host: web, port: {number: 80}}}]}]}`);
const rule = (policy: string): string => object('DestinationRule', `{host: web, trafficPolicy: {${policy}}}`);
const entry = (fields: string): string =>
  object('ServiceEntry', `{location: MESH_EXTERNAL, ports: [{number: 80, name: http, protocol: HTTP}], ${fields}}`);
const gateway = (...servers: readonly string[]): string =>
  object('Gateway', `{selector: {istio: ingressgateway}, servers: [${servers.map((server) => `{${server}}`).join(', ')}]}`);
const httpPort = 'port: {number: 80, name: http, protocol: HTTP}';

const matchPath = 'spec.http[0].match[0]';
const requestPath = 'spec.http[0].headers.request';

/** A regular expression stands in many places, and is the same fault in each. */
const badRegex = (fault: string, written: string): readonly Fault[] => {
  const text = JSON.stringify(written);
  return rows(
    `regex: ${fault}`,
    ...['uri', 'scheme', 'method', 'authority'].map(
      (field): Row => [match(`${field}: {regex: ${text}}`), 'IST0106', `${matchPath}.${field}.regex`],
    ),
    ...['headers', 'withoutHeaders', 'queryParams'].map(
      (field): Row => [match(`${field}: {x-a: {regex: ${text}}}`), 'IST0106', `${matchPath}.${field}.x-a.regex`],
    ),
    [http(`rewrite: {uriRegexRewrite: {match: ${text}, rewrite: /x}}`), 'IST0106', 'spec.http[0].rewrite.uriRegexRewrite.match'],
    // An empty one is told as an origin that matches nothing.
    [
      http(`corsPolicy: {allowOrigins: [{regex: ${text}}]}`),
      'IST0106',
      `spec.http[0].corsPolicy.allowOrigins[0]${written === '' ? '' : '.regex'}`,
    ],
  );
};

const wrongMeaning: readonly Fault[] = [
  ...rows(
    'IPv4 CIDR with /64',
    [entry('hosts: [bad.example.com], resolution: NONE, addresses: [10.0.0.0/64]'), 'IST0106', 'spec.addresses[0]'],
    [tcp('destinationSubnets: [10.0.0.0/64]'), 'IST0106', 'spec.tcp[0].match[0].destinationSubnets[0]'],
  ),
  ...rows(
    'percentage 200',
    [http('fault: {abort: {httpStatus: 503, percentage: {value: 200}}}'), 'IST0106', 'spec.http[0].fault.abort.percentage.value'],
    [http('fault: {delay: {fixedDelay: 1s, percentage: {value: 200}}}'), 'IST0106', 'spec.http[0].fault.delay.percentage.value'],
    [http('mirror: {host: cart}, mirrorPercentage: {value: 200}'), 'IST0106', 'spec.http[0].mirrorPercentage.value'],
    [http('mirrors: [{destination: {host: cart}, percentage: {value: -1}}]'), 'IST0106', 'spec.http[0].mirrors[0].percentage.value'],
  ),
  ...rows(
    'an added header named `x a`',
    [http('headers: {request: {add: {"x a": "1"}}}'), 'IST0106', `${requestPath}.add["x a"]`],
    [http('headers: {response: {set: {"x a": "1"}}}'), 'IST0106', 'spec.http[0].headers.response.set["x a"]'],
  ),
  ...rows(
    'domain `a.*.com`',
    [virtualService('{hosts: ["a.*.com"], http: [{route: [{destination: {host: web, port: {number: 80}}}]}]}'), 'IST0106', 'spec.hosts[0]'],
    [gateway(`${httpPort}, hosts: ["a.*.com"]`), 'IST0106', 'spec.servers[0].hosts[0]'],
    [entry('hosts: ["a.*.com"], resolution: NONE'), 'IST0106', 'spec.hosts[0]'],
    [object('DestinationRule', '{host: "a.*.com"}'), 'IST0106', 'spec.host'],
  ),
  ...rows('a rewrite substitution `\\9` without a group', [
    http("rewrite: {uriRegexRewrite: {match: '/a', rewrite: '/\\9'}}"),
    'IST0106',
    'spec.http[0].rewrite.uriRegexRewrite.rewrite',
  ]),
  ...rows(
    'a route to an unknown cluster',
    [
      virtualService('{hosts: [web], http: [{route: [{destination: {host: nowhere}}]}]}'),
      'IST0101',
      'spec.http[0].route[0].destination.host',
    ],
    [
      virtualService('{hosts: [web], http: [{route: [{destination: {host: web, subset: v9}}]}]}'),
      'IST0101',
      'spec.http[0].route[0].destination.subset',
    ],
    [
      virtualService('{hosts: [web], http: [{route: [{destination: {host: web, port: {number: 81}}}]}]}'),
      'IST0101',
      'spec.http[0].route[0].destination.port.number',
    ],
    [http('mirror: {host: nowhere}'), 'IST0101', 'spec.http[0].mirror.host'],
    [
      virtualService('{hosts: [web], tcp: [{route: [{destination: {host: nowhere}}]}]}'),
      'IST0101',
      'spec.tcp[0].route[0].destination.host',
    ],
    [
      virtualService('{hosts: ["*.example.com"], tls: [{match: [{sniHosts: [a.example.com]}], route: [{destination: {host: nowhere}}]}]}'),
      'IST0101',
      'spec.tls[0].route[0].destination.host',
    ],
  ),
  ...rows(
    'endpoint port 0',
    [
      entry('hosts: [bad.example.com], resolution: STATIC, endpoints: [{address: 10.1.1.1, ports: {http: 0}}]'),
      'IST0106',
      'spec.endpoints[0].ports.http',
    ],
    [object('WorkloadEntry', '{address: 10.1.1.1, ports: {http: 0}}'), 'IST0106', 'spec.ports.http'],
    [
      'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: bad, namespace: shop, labels: {kubernetes.io/service-name: web}}\naddressType: IPv4\nendpoints: [{addresses: [10.1.1.1]}]\nports: [{name: http, port: 0}]\n',
      'WEFT0020',
      'ports[0].port',
    ],
    [
      'apiVersion: v1\nkind: Service\nmetadata: {name: bad, namespace: shop}\nspec: {ports: [{name: http, port: 80, targetPort: 0}]}\n',
      'WEFT0020',
      'spec.ports[0].targetPort',
    ],
  ),
  ...rows('`retry_on: nonsense-policy`', [
    http('retries: {attempts: 1, retryOn: nonsense-policy}'),
    'IST0106',
    'spec.http[0].retries.retryOn',
  ]),
];

const hostsAndRoutes: readonly Fault[] = [
  ...rows(
    'duplicate domain, also when only case differs',
    [
      virtualService('{hosts: [a.example.com, a.example.com], http: [{route: [{destination: {host: web, port: {number: 80}}}]}]}'),
      'IST0106',
      'spec.hosts[1]',
    ],
    [
      virtualService('{hosts: [a.example.com, A.Example.com], http: [{route: [{destination: {host: web, port: {number: 80}}}]}]}'),
      'IST0106',
      'spec.hosts[1]',
    ],
  ),
  ...rows(
    'empty domain list',
    [gateway(`${httpPort}, hosts: []`), 'IST0106', 'spec.servers[0].hosts'],
    [entry('hosts: [], resolution: NONE'), 'IST0106', 'spec.hosts'],
  ),
  ...rows(
    'a domain with a newline',
    [
      virtualService('{hosts: ["a\\nb.com"], http: [{route: [{destination: {host: web, port: {number: 80}}}]}]}'),
      'IST0106',
      'spec.hosts[0]',
    ],
    [gateway(`${httpPort}, hosts: ["a\\nb.com"]`), 'IST0106', 'spec.servers[0].hosts[0]'],
    [entry('hosts: ["a\\nb.com"], resolution: NONE'), 'IST0106', 'spec.hosts[0]'],
  ),
  ...rows(
    'a route without match or action',
    [virtualService('{hosts: [web], http: [{}]}'), 'IST0106', 'spec.http[0]'],
    [virtualService('{hosts: [web], http: [{match: [{uri: {prefix: /}}]}]}'), 'IST0106', 'spec.http[0]'],
  ),
  ...rows(
    'empty or zero-sum weights',
    [virtualService('{hosts: [web], http: [{route: []}]}'), 'IST0106', 'spec.http[0]'],
    [
      virtualService(
        '{hosts: [web], http: [{route: [{destination: {host: web, port: {number: 80}}, weight: 0}, {destination: {host: cart}, weight: 0}]}]}',
      ),
      'IST0106',
      'spec.http[0].route',
    ],
    [
      virtualService(
        '{hosts: [web], tcp: [{route: [{destination: {host: web, port: {number: 80}}, weight: 0}, {destination: {host: cart}, weight: 0}]}]}',
      ),
      'IST0106',
      'spec.tcp[0].route',
    ],
  ),
  ...rows('weights over 2³²−1', [
    virtualService(
      '{hosts: [web], http: [{route: [{destination: {host: web, port: {number: 80}}, weight: 4294967295}, {destination: {host: cart}, weight: 4294967295}]}]}',
    ),
    'IST0106',
    'spec.http[0].route',
  ]),
  ...rows('prefix and regex rewrite together', [
    http('rewrite: {uri: /a, uriRegexRewrite: {match: /b, rewrite: /c}}'),
    'IST0106',
    'spec.http[0].rewrite',
  ]),
  ...rows(
    'a newline in a rewrite',
    [http('rewrite: {uri: "/a\\nb"}'), 'IST0106', 'spec.http[0].rewrite.uri'],
    [http('rewrite: {authority: "a\\nb"}'), 'IST0106', 'spec.http[0].rewrite.authority'],
    [http('rewrite: {uriRegexRewrite: {match: /a, rewrite: "/b\\r\\n"}}'), 'IST0106', 'spec.http[0].rewrite.uriRegexRewrite.rewrite'],
    [virtualService('{hosts: [web], http: [{redirect: {uri: "/a\\nb"}}]}'), 'IST0106', 'spec.http[0].redirect.uri'],
  ),
];

const regexes: readonly Fault[] = [
  ...badRegex('lookahead', '(?!x)y'),
  ...badRegex('nothing to repeat', '?'),
  ...badRegex('empty', ''),
  ...badRegex('back-reference', '(a)\\1'),
  ...badRegex('{1000} inside {1000}', '(x{1000}){1000}'),
  ...badRegex('unbalanced brackets', '(a'),
  ...badRegex('unbalanced classes', '[a'),
];

const headers: readonly Fault[] = [
  ...rows(
    '`\\r\\n` in a header value',
    [http('headers: {request: {set: {x-a: "b\\r\\nevil: 1"}}}'), 'IST0106', `${requestPath}.set.x-a`],
    [http('headers: {response: {add: {x-a: "b\\nevil: 1"}}}'), 'IST0106', 'spec.http[0].headers.response.add.x-a'],
    [
      virtualService(
        '{hosts: [web], http: [{route: [{destination: {host: web, port: {number: 80}}, headers: {request: {set: {x-a: "b\\r\\n"}}}}]}]}',
      ),
      'IST0106',
      'spec.http[0].route[0].headers.request.set.x-a',
    ],
  ),
  ...rows(
    '`Host` or `:path` added or removed',
    [http('headers: {request: {remove: [Host]}}'), 'IST0106', `${requestPath}.remove[0]`],
    [http('headers: {request: {set: {":path": /b}}}'), 'IST0106', `${requestPath}.set[":path"]`],
    [http('headers: {request: {add: {":path": /b}}}'), 'IST0106', `${requestPath}.add[":path"]`],
    [http('headers: {request: {remove: [":path"]}}'), 'IST0106', `${requestPath}.remove[0]`],
    [http('headers: {response: {remove: [":status"]}}'), 'IST0106', 'spec.http[0].headers.response.remove[0]'],
  ),
  ...rows(
    '`100%` and `%NOPE%`',
    [http('headers: {request: {set: {x-a: "100%"}}}'), 'IST0106', `${requestPath}.set.x-a`],
    [http('headers: {request: {set: {x-a: "%NOPE%"}}}'), 'IST0106', `${requestPath}.set.x-a`],
    [http('headers: {response: {add: {x-a: "%REQ(%"}}}'), 'IST0106', 'spec.http[0].headers.response.add.x-a'],
  ),
];

const negativeAndHuge = ['-1s', '87660000h'] as const;

const numbers: readonly Fault[] = [
  ...rows(
    'negative or huge durations',
    ...negativeAndHuge.flatMap((time): readonly Row[] => [
      [http(`timeout: ${time}`), 'IST0106', 'spec.http[0].timeout'],
      [http(`retries: {attempts: 1, perTryTimeout: ${time}}`), 'IST0106', 'spec.http[0].retries.perTryTimeout'],
      [http(`fault: {delay: {fixedDelay: ${time}, percentage: {value: 1}}}`), 'IST0106', 'spec.http[0].fault.delay.fixedDelay'],
      [rule(`connectionPool: {tcp: {connectTimeout: ${time}}}`), 'IST0106', 'spec.trafficPolicy.connectionPool.tcp.connectTimeout'],
      [rule(`connectionPool: {http: {idleTimeout: ${time}}}`), 'IST0106', 'spec.trafficPolicy.connectionPool.http.idleTimeout'],
      [rule(`outlierDetection: {baseEjectionTime: ${time}}`), 'IST0106', 'spec.trafficPolicy.outlierDetection.baseEjectionTime'],
    ]),
  ),
  ...rows(
    'abort status 999',
    [http('fault: {abort: {httpStatus: 999, percentage: {value: 1}}}'), 'IST0106', 'spec.http[0].fault.abort.httpStatus'],
    [http('fault: {abort: {grpcStatus: NOPE, percentage: {value: 1}}}'), 'IST0106', 'spec.http[0].fault.abort.grpcStatus'],
  ),
  ...rows('direct response 99', [
    virtualService('{hosts: [web], http: [{directResponse: {status: 99}}]}'),
    'IST0106',
    'spec.http[0].directResponse.status',
  ]),
  ...rows('redirect 200', [
    virtualService('{hosts: [web], http: [{redirect: {uri: /a, redirectCode: 200}}]}'),
    'IST0106',
    'spec.http[0].redirect.redirectCode',
  ]),
  ...rows(
    'port 70000',
    [
      virtualService('{hosts: [web], http: [{route: [{destination: {host: web, port: {number: 70000}}}]}]}'),
      'IST0106',
      'spec.http[0].route[0].destination.port.number',
    ],
    [match('port: 70000'), 'IST0106', `${matchPath}.port`],
    [tcp('port: 70000'), 'IST0106', 'spec.tcp[0].match[0].port'],
    [gateway('port: {number: 70000, name: http, protocol: HTTP}, hosts: ["*"]'), 'IST0106', 'spec.servers[0].port.number'],
    [
      object('ServiceEntry', '{hosts: [bad.example.com], resolution: NONE, ports: [{number: 70000, name: http, protocol: HTTP}]}'),
      'IST0106',
      'spec.ports[0].number',
    ],
    [rule('portLevelSettings: [{port: {number: 70000}}]'), 'IST0106', 'spec.trafficPolicy.portLevelSettings[0].port'],
    [virtualService('{hosts: [web], http: [{redirect: {port: 70000}}]}'), 'IST0106', 'spec.http[0].redirect.port'],
  ),
  ...rows('connect_timeout 0', [
    rule('connectionPool: {tcp: {connectTimeout: 0s}}'),
    'IST0106',
    'spec.trafficPolicy.connectionPool.tcp.connectTimeout',
  ]),
  ...rows(
    'outlier percent 200',
    [rule('outlierDetection: {maxEjectionPercent: 200}'), 'IST0106', 'spec.trafficPolicy.outlierDetection.maxEjectionPercent'],
    [rule('outlierDetection: {minHealthPercent: 200}'), 'IST0106', 'spec.trafficPolicy.outlierDetection.minHealthPercent'],
    [rule('outlierDetection: {maxEjectionPercent: -1}'), 'IST0106', 'spec.trafficPolicy.outlierDetection.maxEjectionPercent'],
  ),
  ...rows('outlier interval 0', [rule('outlierDetection: {interval: 0s}'), 'IST0106', 'spec.trafficPolicy.outlierDetection.interval']),
  ...rows(
    'ring min > max, a table that is no prime',
    [
      rule('loadBalancer: {consistentHash: {useSourceIp: true, ringHash: {minimumRingSize: 9000000}}}'),
      'IST0106',
      'spec.trafficPolicy.loadBalancer.consistentHash.ringHash.minimumRingSize',
    ],
    [
      rule('loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 100}}}'),
      'IST0106',
      'spec.trafficPolicy.loadBalancer.consistentHash.maglev.tableSize',
    ],
  ),
  ...rows(
    'counts below 0 and above 2³²−1',
    [rule('connectionPool: {tcp: {maxConnections: -1}}'), 'IST0106', 'spec.trafficPolicy.connectionPool.tcp.maxConnections'],
    [rule('connectionPool: {http: {http2MaxRequests: 4294967296}}'), 'IST0106', 'spec.trafficPolicy.connectionPool.http.http2MaxRequests'],
  ),
];

const structure: readonly Fault[] = [
  ...rows(
    'duplicate cluster',
    [
      object('DestinationRule', '{host: web, subsets: [{name: v1, labels: {version: v1}}, {name: v1, labels: {version: v2}}]}'),
      'IST0106',
      'spec.subsets[1].name',
    ],
    [entry('hosts: [a.example.com, A.example.com], resolution: NONE'), 'IST0106', 'spec.hosts[1]'],
  ),
  ...rows(
    'empty cluster name',
    [entry('hosts: [""], resolution: NONE'), 'IST0106', 'spec.hosts[0]'],
    [object('DestinationRule', '{host: web, subsets: [{name: "", labels: {version: v1}}]}'), 'IST0106', 'spec.subsets[0].name'],
    [object('DestinationRule', '{host: web, subsets: [{name: "a|b", labels: {version: v1}}]}'), 'IST0106', 'spec.subsets[0].name'],
  ),
  ...rows('a host name in a static cluster', [
    entry('hosts: [bad.example.com], resolution: STATIC, endpoints: [{address: other.example.com}]'),
    'IST0106',
    'spec.endpoints[0].address',
  ]),
  ...rows('two filter chains with one match', [
    gateway(
      'port: {number: 443, name: a, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: SIMPLE, credentialName: cert}',
      'port: {number: 443, name: b, protocol: HTTPS}, hosts: [a.example.com], tls: {mode: SIMPLE, credentialName: cert}',
    ),
    'IST0145',
    'spec.servers[1].hosts[0]',
    'warning',
  ]),
  ...rows(
    '`w*w.` as SNI',
    [tls('["w*w.example.com"]'), 'IST0106', 'spec.tls[0].match[0].sniHosts[0]'],
    [
      gateway('port: {number: 443, name: a, protocol: TLS}, hosts: ["w*w.example.com"], tls: {mode: PASSTHROUGH}'),
      'IST0106',
      'spec.servers[0].hosts[0]',
    ],
  ),
  ...rows(
    'an unknown field',
    [http('nonsense: 1'), 'IST0106', 'spec.http[0].nonsense'],
    [rule('loadBalancer: {simple: NONSENSE}'), 'IST0106', 'spec.trafficPolicy.loadBalancer.simple'],
  ),
];

export const faults: readonly Fault[] = [...wrongMeaning, ...hostsAndRoutes, ...regexes, ...headers, ...numbers, ...structure];
