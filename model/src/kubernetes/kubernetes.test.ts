import { describe, expect, test } from 'vitest';
import { expected, reported } from '../testing/marked.ts';
import { deployment, meshConfig, service } from '../testing/shapes.ts';

const table = (rows: readonly (readonly [name: string, text: string])[]): void => {
  test.each(rows)('%s', (_, text) => expect(reported(text)).toEqual(expected(text)));
};

const run = '        command: [node, a.mjs]';
const port = '        ports: [{name: http, containerPort: 80}]';

describe('Deployment and Pod', () => {
  table([
    [
      'nothing wrong',
      deployment(
        `        image: a:1\n        resources: {limits: {cpu: 1}}\n        securityContext: {runAsNonRoot: true}\n${run}\n${port}\n        readinessProbe: {httpGet: {path: /, port: http}}`,
        '      nodeSelector: {a: b}\n      tolerations: []\n',
      ),
    ],
    [
      'no command',
      deployment('        image: a:1').replace('- name: a', '- name: a # E WEFT0021 spec.template.spec.containers[0].command'),
    ],
    ['a gateway brings none', deployment('        image: auto').replace('- name: a', '- name: istio-proxy')],
    ['an unknown field', deployment(`${run}\n        comand: [] # E WEFT0020 spec.template.spec.containers[0].comand`)],
    [
      'an unknown field of a probe',
      deployment(
        `${run}\n        livenessProbe: {exec: {command: [a]}, periodSecond: 1} # E WEFT0020 spec.template.spec.containers[0].livenessProbe.periodSecond`,
      ),
    ],
    [
      'a port out of range',
      deployment(`${run}\n        ports: [{containerPort: 70000}] # E WEFT0020 spec.template.spec.containers[0].ports[0].containerPort`),
    ],
    [
      'a port name too long',
      deployment(
        `${run}\n        ports: [{name: a-very-long-name-x, containerPort: 1}] # E WEFT0020 spec.template.spec.containers[0].ports[0].name`,
      ),
    ],
    [
      'a probe of two kinds',
      deployment(
        `${run}\n        readinessProbe: {tcpSocket: {port: 1}, exec: {command: [a]}} # E WEFT0020 spec.template.spec.containers[0].readinessProbe`,
      ),
    ],
    [
      'a probe of no port',
      deployment(
        `${run}\n        readinessProbe: {tcpSocket: {port: web}} # E WEFT0020 spec.template.spec.containers[0].readinessProbe.tcpSocket.port`,
      ),
    ],
    [
      'a number as a variable',
      deployment(`${run}\n        env: [{name: A, value: 1}] # E WEFT0020 spec.template.spec.containers[0].env[0].value`),
    ],
    [
      'a secret as a variable',
      deployment(
        `${run}\n        env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}] # E WEFT0101 spec.template.spec.containers[0].env[0].valueFrom`,
      ),
    ],
    ['a field of the pod', deployment(`${run}\n        env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]`)],
    [
      'a field that no pod has',
      deployment(
        `${run}\n        env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.x}}}] # E WEFT0020 spec.template.spec.containers[0].env[0].valueFrom.fieldRef.fieldPath`,
      ),
    ],
    [
      'what is left out',
      deployment(
        `${run}\n        envFrom: [] # W WEFT0102 spec.template.spec.containers[0].envFrom`,
        '      volumes: [] # W WEFT0102 spec.template.spec.volumes\n      hostNetwork: true # W WEFT0102 spec.template.spec.hostNetwork\n',
      ),
    ],
    ['too many replicas', deployment(run).replace('spec:\n', 'spec:\n  replicas: 1000000 # E WEFT0020 spec.replicas\n')],
    [
      'a selector of other labels',
      deployment(run).replace('{matchLabels: {app: a}}', '{matchLabels: {app: b}} # E WEFT0020 spec.selector'),
    ],
    [
      'a number as a label of the template',
      deployment(run).replace('{labels: {app: a}}', '{labels: {app: a, v: 1}} # E WEFT0013 spec.template.metadata.labels.v'),
    ],
    ['no containers', deployment('').replace(/ {6}containers:[\s\S]*/, '      containers: [] # E WEFT0020 spec.template.spec.containers')],
    [
      'no template',
      'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: # E WEFT0020 spec.template\n  selector: {matchLabels: {app: a}}',
    ],
    ['a bad account', deployment(run, '      serviceAccountName: A_B # E WEFT0020 spec.template.spec.serviceAccountName\n')],
    [
      'a pod',
      'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - {name: a} # E WEFT0021 spec.containers[0].command',
    ],
  ]);
});

describe('Service', () => {
  table([
    [
      'nothing wrong',
      service('  selector: {app: a}\n  ports: [{name: http, port: 80, targetPort: web}, {port: 53, name: dns, protocol: UDP}]'),
    ],
    ['headless', service('  clusterIP: None')],
    ['no port', service('  selector: {app: a}').replace('spec:', 'spec: # E WEFT0020 spec.ports')],
    ['a port of 0', service('  ports: [{name: http, port: 0}] # E WEFT0020 spec.ports[0].port')],
    ['a target out of range', service('  ports: [{name: http, port: 80, targetPort: 99999}] # E WEFT0020 spec.ports[0].targetPort')],
    [
      'several ports, one without a name',
      service('  ports:\n  - {name: http, port: 80}\n  - {port: 81, appProtocol: http} # E WEFT0020 spec.ports[1].name'),
    ],
    ['a name twice', service('  ports:\n  - {name: http, port: 80}\n  - {name: http, port: 81} # E WEFT0020 spec.ports[1].name')],
    ['a port twice', service('  ports:\n  - {name: http, port: 80}\n  - {name: tcp, port: 80} # E WEFT0020 spec.ports[1].port')],
    ['a name that says no protocol', service('  ports: [{name: web, port: 80}] # I IST0118 spec.ports[0].name')],
    ['an unknown type', service('  type: Cluster # E WEFT0020 spec.type\n  ports: [{name: http, port: 80}]')],
    ['no external name', service('  type: ExternalName').replace('spec:', 'spec: # E WEFT0020 spec.externalName')],
    ['no address', service('  clusterIP: 10.0.0 # E WEFT0020 spec.clusterIP\n  ports: [{name: http, port: 80}]')],
    [
      'no address, said in the list alone',
      service('  clusterIPs: [None] # E WEFT0020 spec.clusterIPs[0]\n  ports: [{name: http, port: 80}]'),
    ],
    [
      'two addresses, one of them none',
      service('  clusterIP: 10.0.0.1\n  clusterIPs: [10.0.0.1, None] # E WEFT0020 spec.clusterIPs[1]\n  ports: [{name: http, port: 80}]'),
    ],
    ['session affinity', service('  sessionAffinity: ClientIP # W WEFT0101 spec.sessionAffinity\n  ports: [{name: http, port: 80}]')],
    ['a name that begins with a digit', 'apiVersion: v1\nkind: Service\nmetadata: {name: 1a} # E WEFT0013 metadata.name'],
  ]);
});

const slice = (body: string, labels = '{kubernetes.io/service-name: a}'): string =>
  `apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: a\n  labels: ${labels}\n${body}`;

describe('EndpointSlice and Namespace', () => {
  table([
    [
      'nothing wrong',
      slice('addressType: IPv4\nendpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}]\nports: [{name: http, port: 80}]'),
    ],
    ['of no Service', slice('addressType: IPv4', '{a: b} # W WEFT0102 metadata.labels')],
    ['a name as an address', slice('addressType: IPv4\nendpoints: [{addresses: [a.b]}] # E WEFT0020 endpoints[0].addresses[0]')],
    ...['127.0.0.1', '169.254.169.254', '0.0.0.0', '224.0.0.1'].map((address): [string, string] => [
      `the special address ${address}`,
      slice(`addressType: IPv4\nendpoints: [{addresses: [${address}]}] # E WEFT0020 endpoints[0].addresses[0]`),
    ]),
    ['the host itself in IPv6', slice('addressType: IPv6\nendpoints: [{addresses: ["::1"]}] # E WEFT0020 endpoints[0].addresses[0]')],
    ['no address', slice('addressType: IPv4\nendpoints: [{addresses: []}] # E WEFT0020 endpoints[0].addresses')],
    ['a port of 0', slice('addressType: IPv4\nports: [{port: 0}] # E WEFT0020 ports[0].port')],
    ['an unknown type', slice('addressType: IPv5 # E WEFT0020 addressType')],
    ['a type that every object has', slice('addressType: __proto__ # E WEFT0020 addressType\nendpoints: [{addresses: [10.0.0.1]}]')],
    ['an unknown field', slice('addressType: IPv4\nendpoint: [] # E WEFT0020 endpoint')],
    [
      'an unknown kind of injection',
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {istio-injection: on}} # E WEFT0013 metadata.labels.istio-injection',
    ],
    [
      'a word that says nothing',
      'apiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {istio-injection: "yes"}} # W WEFT0102 metadata.labels.istio-injection',
    ],
  ]);
});

describe('MeshConfig', () => {
  table([
    ['nothing wrong', meshConfig('  outboundTrafficPolicy: {mode: REGISTRY_ONLY}\n  connectTimeout: 1s\n  trustDomain: a.b')],
    ['an unknown field', meshConfig('  trustDomian: a # E IST0106 spec.trustDomian')],
    ['an unknown mode', meshConfig('  outboundTrafficPolicy: {mode: DENY} # E IST0106 spec.outboundTrafficPolicy.mode')],
    ['no duration', meshConfig('  connectTimeout: 10 s # E IST0106 spec.connectTimeout')],
    ['a time before now', meshConfig('  tcpKeepalive: {interval: -1s} # E IST0106 spec.tcpKeepalive.interval')],
    ['no trust domain', meshConfig('  trustDomain: A/B # E IST0106 spec.trustDomain')],
    [
      'what has no effect yet',
      meshConfig(
        '  ingressClass: istio # W WEFT0101 spec.ingressClass\n  defaultConfig: {tracing: {}} # W WEFT0101 spec.defaultConfig.tracing',
      ),
    ],
    [
      'what Weft reads and does not do',
      meshConfig(
        '  dnsRefreshRate: 5s # W WEFT0101 spec.dnsRefreshRate\n  defaultConfig:\n    concurrency: 2\n    holdApplicationUntilProxyStarts: true',
      ),
    ],
    ['logs', meshConfig('  accessLogFile: /dev/stdout\n  accessLogFormat: "%PROTOCOL%"\n  accessLogEncoding: TEXT\n  enableTracing: true')],
    ['logs in a file', meshConfig('  accessLogFile: /tmp/a # W WEFT0101 spec.accessLogFile')],
    ['logs that Envoy cannot write', meshConfig('  accessLogFormat: "%NO%" # E IST0106 spec.accessLogFormat')],
    ['logs in JSON that is none', meshConfig('  accessLogEncoding: JSON\n  accessLogFormat: "%NO%" # E IST0106 spec.accessLogFormat')],
    [
      "Istio's own form",
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: istio, namespace: istio-system}\ndata:\n  mesh: |\n    trustDomain: a\n    connectTimeout: 5x # E IST0106 spec.connectTimeout',
    ],
  ]);
});
