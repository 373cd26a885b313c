/** The mesh whose data path is measured: one caller, one server, mutual TLS only, and ten policies as people write them. */

import type { Ports } from './places.ts';

const service = ({ http, http2, httpTarget, http2Target }: Ports): string => `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports:
  - {name: http, port: ${http}, targetPort: ${httpTarget}}
  - {name: http2, port: ${http2}, targetPort: ${http2Target}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
`;

const policy = (name: string, spec: string, namespace = 'shop'): string => `---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
`;

/** What the load asks for is allowed by the ninth and the tenth. */
export const policies: readonly string[] = [
  policy('sandboxes', '{action: DENY, rules: [{from: [{source: {namespaces: [sandbox, legacy]}}]}]}', 'istio-system'),
  policy('networks', '{action: DENY, rules: [{from: [{source: {ipBlocks: [203.0.113.0/24, 198.51.100.0/24]}}]}]}', 'istio-system'),
  policy(
    'administration',
    `{action: DENY, rules: [{from: [{source: {notPrincipals: [cluster.local/ns/shop/sa/admin]}}],
      to: [{operation: {paths: [/admin/*, /internal/*, /debug]}}]}]}`,
  ),
  policy('methods', '{action: DENY, rules: [{to: [{operation: {methods: [TRACE, DELETE]}}]}]}'),
  policy('debugging', '{action: DENY, rules: [{when: [{key: "request.headers[x-debug]", values: ["*"]}]}]}'),
  policy('staging', '{action: DENY, rules: [{when: [{key: "request.headers[x-environment]", values: [test, staging-*]}]}]}'),
  policy(
    'monitoring',
    '{action: ALLOW, rules: [{from: [{source: {namespaces: [monitoring]}}], to: [{operation: {methods: [GET], paths: [/metrics]}}]}]}',
  ),
  policy(
    'edge',
    `{action: ALLOW, rules: [{from: [{source: {namespaces: [edge], remoteIpBlocks: [192.0.2.0/24]}}],
      to: [{operation: {hosts: [web.example.com, "*.web.example.com"]}}]}]}`,
  ),
  policy(
    'reading',
    `{action: ALLOW, rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/front, cluster.local/ns/shop/sa/batch]}}],
      to: [{operation: {methods: [GET, HEAD], paths: [/api/*, /static/*]}}]}]}`,
  ),
  policy(
    'ordering',
    `{action: ALLOW, rules: [{from: [{source: {serviceAccounts: [shop/front]}}],
      to: [{operation: {methods: [POST], paths: ["/api/orders/{*}", "/shop.Orders/*"]}}], when: [{key: "connection.sni", values: ["outbound_*"]}]}]}`,
  ),
];

export const manifests = (ports: Ports, some: readonly string[] = policies): string => [service(ports), ...some].join('');
