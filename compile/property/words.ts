/** Values for fields by their names: mostly words that fit together, so that objects refer to one another, and some that try to do harm. */
import fc from 'fast-check';

export type Words = fc.Arbitrary<unknown>;

const from = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

/** Things that have broken parsers, formatters and hash rings. */
const nasty = from(
  '',
  ' ',
  '*',
  '%',
  '100%',
  '%REQ(:path)%',
  '%NOPE%',
  '\r\n',
  'a\nb',
  '\0',
  'ü',
  '💥',
  '\u202e',
  '"quoted"',
  "it's",
  '{x}',
  '\\',
  '\\1',
  '..',
  '__proto__',
  'a'.repeat(300),
);
const token = from('a', 'b', 'v1', 'v2', 'x-user', 'web', 'cart', 'end-user');
const text = fc.oneof(
  { weight: 4, arbitrary: token },
  { weight: 2, arbitrary: nasty },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
);

/** Of the mesh that every set stands in (`world.ts`), and of nowhere. */
const known = [
  'web',
  'cart',
  'db',
  'web.shop.svc.cluster.local',
  'cart.shop.svc.cluster.local',
  'db.shop.svc.cluster.local',
  'api.example.com',
  'mail.example.com',
] as const;
const host = fc.oneof(
  { weight: 8, arbitrary: from(...known) },
  {
    weight: 2,
    arbitrary: from(
      '*.example.com',
      '*',
      '*.shop.svc.cluster.local',
      'WEB.Example.COM',
      'nowhere',
      'a.b',
      '10.96.0.1',
      '[fd00::1]',
      'xn--bcher-kva.example',
    ),
  },
  {
    weight: 1,
    arbitrary: from('a.*.com', '-a.com', 'a..b', 'a.com.', 'a b.com', 'w*.example.com', `${'a.'.repeat(130)}com`, 'web:80', 'ns/web'),
  },
);
const gatewayHost = fc.oneof(
  { weight: 2, arbitrary: host },
  from('*/*', './*', '*/api.example.com', 'shop/*.example.com', 'other/web.example.com', '~/*'),
);
const port = fc.oneof(
  { weight: 8, arbitrary: from(80, 443, 8080, 9000, 3306, 15443) },
  from(0, 1, 15001, 15006, 15021, 15090, 65535, 65536, 70000),
);
const path = fc.oneof(
  { weight: 6, arbitrary: from('/', '/api', '/api/', '/v1/items', '/a%20b', '/a/../b', '//', '/ü', '/%2F') },
  from('', 'noslash', '/a b', '/a\nb', '/a?x=1', '/#frag', '\\1', `/${'x'.repeat(2000)}`),
);
const regex = fc.oneof(
  { weight: 5, arbitrary: from('/v[0-9]+/.*', '.*', '/(a|b)/?', '[a-z]{1,20}', '(?i)abc', '\\d+', '^/x$', '.{1,200}', '\\p{L}+') },
  from(
    '(?!x)',
    '?',
    '',
    '(a)\\1',
    '(x{1000}){1000}',
    '[',
    'a**',
    '(?P<n>x)',
    '\\',
    'a{1001}',
    '\\C',
    '(a|b){1,900}',
    '(?=x)',
    '\\Z',
    '[[:alpha:]]+',
    '\\pN',
  ),
);
const address = fc.oneof(
  { weight: 6, arbitrary: from('10.1.2.3', '10.1.2.4', '240.240.7.7', 'fd00::7', '192.0.2.1') },
  from(
    '10.0.0.0/8',
    '10.0.0.0/64',
    '0.0.0.0',
    '::',
    'api.example.com',
    'unix:///var/run/x.sock',
    'unix://@abstract',
    '10.0.0',
    '300.1.1.1',
    '::ffff:10.1.1.1',
    'fe80::1%eth0',
  ),
);
const subnet = fc.oneof(address, from('10.0.0.0/8', '10.1.2.3/32', 'fd00::/8', '0.0.0.0/0', '10.0.0.0/33', '10.0.0.0/-1', '/8'));
const duration = fc.oneof(
  { weight: 8, arbitrary: from('1ms', '250ms', '1s', '1.5s', '10s', '5m', '1h') },
  from('0s', '0.5ms', '-1s', '999999h', '9223372036s', '1h1m1s', '5', '', '1d', '1us', '3153600000s', '87600h'),
);
const labelMap = fc.dictionary(from('app', 'version', 'istio', 'tier'), from('web', 'cart', 'v1', 'v2', 'ingressgateway', 'x'), {
  maxKeys: 2,
});
const headerName = fc.oneof(
  { weight: 6, arbitrary: from('x-user', 'X-Trace', 'cookie', 'user-agent', 'x-b3') },
  from(
    ':path',
    ':authority',
    'Host',
    'x a',
    'connection',
    'content-length',
    '',
    'x-ü',
    'te',
    'transfer-encoding',
    ':method',
    '@request.auth.claims.sub',
    ':status',
  ),
);
const headerValue = fc.oneof(
  { weight: 4, arbitrary: from('1', 'abc', 'a, b', '%%', '%DOWNSTREAM_REMOTE_ADDRESS%', '%START_TIME(%s)%') },
  nasty,
);
const locality = from('r1', 'r1/z1', 'r1/z1/s1', 'r2/*', '*', 'r1/*', 'r1//s', '', '/', 'r1/z1/s1/x', 'r2/z1');
const namespace = from('shop', 'other', 'istio-system', 'default', 'Not A Namespace');
const exportTo = from('.', '*', 'shop', 'other', '~', 'Bad!');
const number = fc.oneof({ weight: 4, arbitrary: from(0, 0.1, 1, 10, 50, 99.9999, 100) }, from(-1, 100.1, 150, 1e-9, 1e300));
const weight = fc.oneof({ weight: 5, arbitrary: from(0, 1, 10, 50, 90, 100) }, from(-1, 101, 4294967295, 2147483647));
const status = fc.oneof({ weight: 5, arbitrary: from(200, 404, 500, 503) }, from(0, 99, 100, 199, 204, 304, 599, 600, 999));
const percent = from(0, 1, 10, 50, 100, 101, 200, -1);
const secretName = from('cert', 'other-cert', 'missing', 'cert-cacert', 'kubernetes://cert', 'builtin://', 'file-root:/x', 'a/b', '');

/** Names as AuthorizationPolicies write them, with a star at one end, in the middle, or in the wrong place. */
const starred = (...names: readonly string[]) =>
  fc.oneof({ weight: 4, arbitrary: from(...names) }, from('*', '', 'a*', '*b', 'a*b*c', '**', 'ü*', '")%', "a'b", '\\'));
const principal = starred(
  'cluster.local/ns/shop/sa/web',
  'td2/ns/other/sa/*',
  '*/sa/web',
  'spiffe://cluster.local/ns/shop/sa/web',
  'cluster.local/ns/*',
);
const requestPrincipal = starred('https://issuer.example/sub', 'issuer/*', '*/sub', 'x');
const account = fc.oneof({ weight: 4, arbitrary: from('web', 'shop/web', 'other/cart') }, from('', '/', 'a/b/c', '*', 'shop/*'));
const policyPath = fc.oneof(
  { weight: 3, arbitrary: path },
  from('/api*', '*.html', '*', '/{*}/x', '/a/{**}', '/{**}/b/{*}', '/a{*}', '/{**}/{*}', '/{x=*}'),
);
const block = fc.oneof(
  { weight: 3, arbitrary: subnet },
  from('10.1.0.0/16', '10.1.2.0/24', 'fd00:1::/32', '::1', '0.0.0.0/0', '::ffff:10.0.0.0/104'),
);
const policyPort = from('80', '8080', '9000', '0', '70000', 'http', '*');
const method = from('GET', 'P*', '*', 'get', 'purge');

/** By the last name of a field's path. */
const byName: Readonly<Record<string, Words>> = {
  ...{ host, hosts: host, targetHost: host, externalName: host, sni: host, sniHosts: host, authority: host, allowOrigin: host },
  ...{ number: port, port, targetPort: port, http1MaxPendingRequests: from(0, 1, 1024, -1, 4294967296), httpStatus: status, status },
  ...{ regex, uri: path, path, prefixRewrite: path, rewrite: fc.oneof(path, from('\\1/\\2', '\\9', '/\\0')) },
  ...{ address, addresses: address, clusterIP: from('None', '10.96.0.9', '10.96.0.1', '', 'bad', 'fd00::9'), bind: address },
  ...{ destinationSubnets: subnet, sourceSubnet: subnet, sourceSubnets: subnet },
  ...{ gateways: from('mesh', 'gw', 'shop/gw', 'istio-system/gw', 'missing', './gw', 'a/b/c'), gateway: from('gw', 'mesh') },
  ...{ namespace, sourceNamespace: namespace, exportTo, subset: from('v1', 'v2', 'v3', '', 'V 1'), locality, from: locality, to: locality },
  ...{
    weight,
    percent,
    mirrorPercent: percent,
    mirror_percent: percent,
    percentage: percent,
    value: number,
    maxEjectionPercent: percent,
    minHealthPercent: percent,
  },
  ...{
    scheme: from('http', 'https', 'ftp', 'HTTP', ''),
    method: from('GET', 'POST', 'get', 'PURGE', ' '),
    redirectCode: from(301, 302, 303, 307, 308, 200, 0),
  },
  retryOn: from(
    '5xx',
    'gateway-error,503',
    'connect-failure, refused-stream',
    'nonsense',
    '',
    'retriable-status-codes',
    '99',
    '600',
    '5xx,5xx',
    'unavailable',
  ),
  grpcStatus: from('UNAVAILABLE', '14', '99', '-1', 'nope', ''),
  protocol: from(
    'HTTP',
    'HTTPS',
    'HTTP2',
    'GRPC',
    'TCP',
    'TLS',
    'MONGO',
    'MYSQL',
    'UDP',
    'GRPC-WEB',
    'http',
    'CONNECT',
    'POST',
    'nonsense',
    'HTTP_PROXY',
  ),
  appProtocol: from('http', 'grpc', 'tcp', 'kubernetes.io/h2c', 'kubernetes.io/ws', 'nonsense'),
  allowMethods: from('GET', 'PURGE', '*', 'get', ''),
  allowHeaders: headerName,
  exposeHeaders: headerName,
  remove: headerName,
  httpHeaderName: headerName,
  httpQueryParameterName: text,
  credentialName: secretName,
  credentialNames: secretName,
  subjectAltNames: from('spiffe://cluster.local/ns/shop/sa/web', 'api.example.com', '*', ''),
  cipherSuites: from('ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'NOPE', 'AES128-SHA'),
  failoverPriority: from(
    'topology.istio.io/network',
    'topology.kubernetes.io/region',
    'topology.kubernetes.io/zone',
    'app',
    'version=v1',
    '=',
    'a=b=c',
  ),
  outlierDetectionHttpErrorCodes: status,
  clusterIPs: from('None', '10.96.0.9', 'fd00::9'),
  type: from('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'),
  addressType: from('IPv4', 'IPv6', 'FQDN'),
  captureMode: from('DEFAULT', 'IPTABLES', 'NONE'),
  defaultEndpoint: from('127.0.0.1:8080', 'unix:///x', '10.0.0.1:80', '0.0.0.0:8080', ':80', 'localhost:1'),
  egressProxy: from('web.shop.svc.cluster.local', 'missing'),
  verifyCertificateHash: from('ab', 'a'.repeat(64)),
  verifyCertificateSpki: from('x', `${'A'.repeat(43)}=`),
  ...{ principals: principal, notPrincipals: principal, requestPrincipals: requestPrincipal, notRequestPrincipals: requestPrincipal },
  ...{ namespaces: starred('shop', 'team-*'), notNamespaces: starred('other'), serviceAccounts: account, notServiceAccounts: account },
  ...{ trustDomains: starred('cluster.local', 'east-*'), notTrustDomains: starred('td2') },
  ...{ ipBlocks: block, notIpBlocks: block, remoteIpBlocks: block, notRemoteIpBlocks: block },
  ...{ notHosts: host, methods: method, notMethods: method, paths: policyPath, notPaths: policyPath, notPorts: policyPort },
  key: from(
    ...['source.ip', 'remote.ip', 'source.namespace', 'source.principal', 'source.serviceAccount', 'source.trustDomain'],
    ...['request.auth.principal', 'request.auth.audiences', 'request.auth.claims[a][b]', 'request.headers[x-user]', 'destination.ip'],
    ...['destination.port', 'connection.sni', 'experimental.envoy.filters.network.mysql_proxy[db.table]', 'nonsense', 'request.headers[]'],
  ),
  concurrency: from(0, 1, 2, -1, 100000),
  tableSize: from(0, 1, 5, 65537, 5000011, 5000012, 4),
  minimumRingSize: from(0, 1, 1024, 8388608, 8388609),
};

/** Where the name alone does not say it: the name before, and the last. */
const byPair: Readonly<Record<string, Words>> = {
  'operation.hosts': starred('web.shop', 'WEB.example.com', 'api.example.com:80', '*.example.com'),
  'operation.ports': policyPort,
  'when.values': fc.oneof(block, principal, policyPort, starred('shop', 'api.example.com', '[text]')),
  'when.notValues': fc.oneof(block, principal, policyPort, starred('shop', '*.example.com')),
  'servers.hosts': gatewayHost,
  'egress.hosts': gatewayHost,
  'uri.exact': path,
  'uri.prefix': path,
  'uriRegexRewrite.match': regex,
  'uriRegexRewrite.rewrite': from('/x', '\\1', '\\9', '\\0/y', '\\', ''),
  'authority.exact': host,
  'server.name': from('a', ''),
  'subsets.name': from('v1', 'v2', 'v3', '', 'bad name', 'a|b', 'constructor'),
  'ports.name': from('http', 'https-x', 'tcp', 'grpc-web-y', 'mongo', 'x', 'Bad_Name', 'http', 'redis-z', 'tls', 'constructor'),
  'port.name': from('http', 'https', 'tcp', 'x'),
  'distribute.to': weight,
};

/** Keys and values of free mappings by the mapping's name. */
export const mapWords: Readonly<Record<string, { readonly keys: fc.Arbitrary<string>; readonly values?: Words }>> = {
  labels: { keys: from('app', 'version', 'tier'), values: from('web', 'cart', 'v1', 'v2') },
  selector: { keys: from('app', 'istio'), values: from('web', 'ingressgateway', 'nobody') },
  matchLabels: { keys: from('app', 'istio'), values: from('web', 'ingressgateway', 'nobody') },
  sourceLabels: { keys: from('app', 'version'), values: from('web', 'v1', 'x') },
  headers: { keys: headerName },
  withoutHeaders: { keys: headerName },
  queryParams: { keys: text as fc.Arbitrary<string> },
  set: { keys: headerName, values: headerValue },
  add: { keys: headerName, values: headerValue },
  ports: { keys: from('http', 'tcp', 'x'), values: port },
  portLevelMtls: { keys: from('80', '8080', '70000', 'x') },
  to: { keys: locality, values: weight },
};

export const anyMap = { keys: text as fc.Arbitrary<string>, values: text as Words };

export { duration, labelMap, number, text };

export const words = (names: readonly string[]): Words | undefined => {
  const [before = '', last = ''] = names.slice(-2);
  return byPair[`${before}.${last}`] ?? (Object.hasOwn(byName, last) ? byName[last] : undefined);
};
