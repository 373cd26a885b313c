/** What a DestinationRule's owner is told: Istio's admission, and what Envoy would refuse the whole cluster for. */
import { describe, expect, test } from 'vitest';
import { expected, reported } from '../testing/marked.ts';
import { destinationRule } from '../testing/shapes.ts';

/** @param block of a policy; `AT` stands for its path */
const policy = (block: string): string => {
  const at = 'spec.trafficPolicy';
  return destinationRule(`  host: a\n  trafficPolicy:\n${block.replaceAll('AT', at).replace(/^/gm, '    ')}`);
};

const table = (rows: readonly (readonly [name: string, text: string])[]): void => {
  test.each(rows)('%s', (_, text) => expect(reported(text)).toEqual(expected(text)));
};

describe('load balancing', () => {
  table([
    [
      'all that may be said of a hash',
      policy(
        'loadBalancer: {consistentHash: {httpCookie: {name: c, ttl: 0s, path: /, attributes: [{name: SameSite, value: Strict}]}, maglev: {tableSize: 65537}}}',
      ),
    ],
    ['a hash of a pseudo header', policy("loadBalancer: {consistentHash: {httpHeaderName: ':path'}}")],
    [
      'a header name with a space',
      policy('loadBalancer: {consistentHash: {httpHeaderName: "a b"}} # E IST0106 AT.loadBalancer.consistentHash.httpHeaderName'),
    ],
    [
      'a hash of nothing',
      policy('loadBalancer: {consistentHash: {ringHash: {minimumRingSize: 10}}} # W IST0133 AT.loadBalancer.consistentHash'),
    ],
    [
      'a ring beyond the largest',
      policy(
        'loadBalancer: {consistentHash: {useSourceIp: true, ringHash: {minimumRingSize: 8388609}}} # E IST0106 AT.loadBalancer.consistentHash.ringHash.minimumRingSize',
      ),
    ],
    [
      'the old size of a ring',
      policy(
        'loadBalancer: {consistentHash: {useSourceIp: true, minimumRingSize: 64}} # W IST0002 AT.loadBalancer.consistentHash.minimumRingSize',
      ),
    ],
    [
      'a table that is no prime',
      policy(
        'loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 65536}}} # E IST0106 AT.loadBalancer.consistentHash.maglev.tableSize',
      ),
    ],
    [
      'a table without size',
      policy('loadBalancer: {consistentHash: {useSourceIp: true, maglev: {}}} # E IST0106 AT.loadBalancer.consistentHash.maglev.tableSize'),
    ],
    [
      'a cookie that ends early',
      policy('loadBalancer: {consistentHash: {httpCookie: {name: "a;b"}}} # E IST0106 AT.loadBalancer.consistentHash.httpCookie.name'),
    ],
    [
      'a cookie that ended long ago',
      policy('loadBalancer: {consistentHash: {httpCookie: {name: a, ttl: -1s}}} # E IST0106 AT.loadBalancer.consistentHash.httpCookie.ttl'),
    ],
    [
      'a cookie attribute twice',
      policy(
        'loadBalancer:\n  consistentHash:\n    httpCookie:\n      name: a\n      attributes:\n      - {name: Secure}\n      - {name: Secure} # E IST0106 AT.loadBalancer.consistentHash.httpCookie.attributes[1].name',
      ),
    ],
    [
      'warm-up where nothing is warmed up',
      policy('loadBalancer: {simple: RANDOM, warmup: {duration: 10s}} # W IST0133 AT.loadBalancer.warmup'),
    ],
    ['the old form of warm-up', policy('loadBalancer: {warmupDurationSecs: 10s} # W IST0002 AT.loadBalancer.warmupDurationSecs')],
    [
      'an aggression that slows down',
      policy('loadBalancer: {warmup: {duration: 10s, aggression: 0.5}} # E IST0106 AT.loadBalancer.warmup.aggression'),
    ],
  ]);
});

describe('localities', () => {
  const locality = (setting: string, mark = '') =>
    policy(`outlierDetection: {}\nloadBalancer: {localityLbSetting: ${setting}}${mark && ` # ${mark}`}`);
  const at = 'AT.loadBalancer.localityLbSetting';
  table([
    ['shares', locality('{distribute: [{from: "eu/*", to: {"eu/a/*": 80, us: 20}}]}')],
    ['shares that are not 100', locality('{distribute: [{from: eu, to: {eu: 80}}]}', `E IST0106 ${at}.distribute[0].to`)],
    ['a share of nothing', locality('{distribute: [{from: eu, to: {eu: 100, us: 0}}]}', `E IST0106 ${at}.distribute[0].to`)],
    ['overlapping shares', locality('{distribute: [{from: eu, to: {eu: 80, eu/a: 20}}]}', `E IST0106 ${at}.distribute[0].to`)],
    [
      'two shares from one place',
      locality('{distribute: [{from: "eu/*", to: {eu: 100}}, {from: eu/a, to: {eu: 100}}]}', `E IST0106 ${at}.distribute`),
    ],
    ['a star in the middle', locality('{distribute: [{from: "eu/*/b", to: {eu: 100}}]}', `E IST0106 ${at}.distribute`)],
    ['shares and regions', locality('{distribute: [{from: eu, to: {eu: 100}}], failover: [{from: eu, to: us}]}', `E IST0106 ${at}`)],
    ['a region to itself', locality('{failover: [{from: eu, to: eu}]}', `E IST0106 ${at}.failover[0]`)],
    ['a zone among regions', locality('{failover: [{from: eu/a, to: us}]}', `E IST0106 ${at}.failover[0]`)],
    [
      'regions and labels that say the same',
      locality('{failover: [{from: eu, to: us}], failoverPriority: [topology.kubernetes.io/zone]}', `E IST0106 ${at}.failoverPriority`),
    ],
    [
      'labels beside shares',
      locality('{distribute: [{from: eu, to: {eu: 100}}], failoverPriority: [rack]}', `W IST0133 ${at}.failoverPriority`),
    ],
    [
      'nobody who notices failures',
      policy('loadBalancer: {localityLbSetting: {failoverPriority: [rack]}} # W IST0133 AT.loadBalancer.localityLbSetting'),
    ],
    [
      'zones of a later release',
      policy('loadBalancer: {zoneAwareLbSetting: {enabled: true}} # W WEFT0101 AT.loadBalancer.zoneAwareLbSetting'),
    ],
  ]);
});

describe('connections', () => {
  table([
    [
      'a time beyond all clocks',
      policy('connectionPool: {tcp: {connectTimeout: 2562048h}} # E IST0106 AT.connectionPool.tcp.connectTimeout'),
    ],
    ['no time to connect', policy('connectionPool: {tcp: {connectTimeout: 0s}} # E IST0106 AT.connectionPool.tcp.connectTimeout')],
    ['no idle time', policy('connectionPool: {tcp: {idleTimeout: 0s}}')],
    [
      'a time finer than milliseconds',
      policy('connectionPool: {tcp: {maxConnectionDuration: 1500us}} # E IST0106 AT.connectionPool.tcp.maxConnectionDuration'),
    ],
    [
      'a keepalive that no socket takes',
      policy('connectionPool: {tcp: {tcpKeepalive: {time: 10h}}} # E IST0106 AT.connectionPool.tcp.tcpKeepalive.time'),
    ],
    [
      'probes that no socket takes',
      policy('connectionPool: {tcp: {tcpKeepalive: {probes: 128}}} # E IST0106 AT.connectionPool.tcp.tcpKeepalive.probes'),
    ],
    [
      'more streams than a number holds',
      policy('connectionPool: {http: {maxConcurrentStreams: 2147483648}} # E IST0106 AT.connectionPool.http.maxConcurrentStreams'),
    ],
    [
      'two wishes for HTTP/2',
      policy(
        'connectionPool: {http: {h2UpgradePolicy: UPGRADE, useClientProtocol: true}} # E IST0106 AT.connectionPool.http.useClientProtocol',
      ),
    ],
    [
      'a number of retries beside a budget',
      policy('connectionPool: {http: {maxRetries: 3}} # W IST0133 AT.connectionPool.http.maxRetries\nretryBudget: {percent: 20}'),
    ],
    ['a budget of 200 %', policy('retryBudget: {percent: 200} # E IST0106 AT.retryBudget.percent')],
    ['a tunnel', policy('tunnel: {protocol: CONNECT, targetHost: example.com, targetPort: 443}')],
    ['a tunnel by GET', policy('tunnel: {protocol: GET, targetHost: example.com, targetPort: 443} # E IST0106 AT.tunnel.protocol')],
    ['a tunnel to a pattern', policy('tunnel: {targetHost: "*.example.com", targetPort: 443} # E IST0106 AT.tunnel.targetHost')],
    ['a tunnel to no port', policy('tunnel: {targetHost: example.com, targetPort: 70000} # E IST0106 AT.tunnel.targetPort')],
    [
      'a tunnel and a header',
      destinationRule(
        '  host: a\n  trafficPolicy: # E IST0106 spec.trafficPolicy\n    tunnel: {targetHost: a.com, targetPort: 443}\n    proxyProtocol: {version: V2}',
      ),
    ],
    ['a port of which nothing is said', policy('portLevelSettings:\n- {port: {number: 80}} # E IST0106 AT.portLevelSettings[0]')],
  ]);
});

describe('TLS', () => {
  table([
    ['a Secret', policy('tls: {mode: MUTUAL, credentialName: c}')],
    ['a Secret by its long name', policy('tls: {mode: SIMPLE, credentialName: "kubernetes://c"}')],
    ['no name of a Secret', policy('tls: {mode: SIMPLE, credentialName: "configmap://a/b"} # E IST0106 AT.tls.credentialName')],
    ['a certificate by the name of a CA', policy('tls: {mode: MUTUAL, credentialName: c-cacert} # E IST0106 AT.tls.credentialName')],
    ['a Secret and a file', policy('tls: {mode: SIMPLE, credentialName: c, caCertificates: /ca.pem} # E IST0106 AT.tls')],
    [
      'names of a server that is not verified',
      policy(
        'tls: {mode: SIMPLE, insecureSkipVerify: true, subjectAltNames: [a]} # E IST0106 AT.tls # W IST0128 AT.tls.insecureSkipVerify',
      ),
    ],
    ['a server name with a space', policy('tls: {mode: SIMPLE, sni: "a b"} # E IST0106 AT.tls.sni')],
  ]);
});

describe('subsets and clients', () => {
  table([
    ['a subset that is everything', destinationRule('  host: a\n  subsets:\n  - {name: v1} # W IST0133 spec.subsets[0]')],
    ['particular clients', destinationRule('  host: a\n  workloadSelector: {matchLabels: {app: a}}\n  exportTo: ["."]')],
    [
      'particular clients of all namespaces',
      destinationRule('  host: a\n  workloadSelector: {matchLabels: {app: a}}\n  exportTo: ["*"] # E IST0106 spec.exportTo'),
    ],
    ['no clients in particular', destinationRule('  host: a\n  workloadSelector: {} # W IST0133 spec.workloadSelector')],
  ]);
});
