/** What the settings' defaults make of a mesh in which nothing is said [S134]: the whole table, as Envoy is told it. */
import type { JsonObject } from '@weft/envoy';
import { expect, test } from 'vitest';
import { foundWith } from './world.ts';

const [sidecar = {}] = foundWith('').bootstraps;
const fixed = sidecar['static_resources'] as unknown as {
  readonly clusters: readonly JsonObject[];
  readonly listeners: readonly JsonObject[];
};
const cluster = (name: string): JsonObject => fixed.clusters.find((one) => one['name'] === name) ?? {};
const listener = (name: string): JsonObject => fixed.listeners.find((one) => one['name'] === name) ?? {};
const everywhere = JSON.stringify(fixed);

/** Every value under a name, wherever it stands. */
const named = (name: string, value: unknown): readonly unknown[] => {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [...(key === name ? [inner] : []), ...named(name, inner)]);
};

/** What is logged of every request, whatever became of it, beside the mesh's own records. */
const unfiltered = named('access_log', fixed)
  .flat()
  .filter((log) => !Object.hasOwn(log as JsonObject, 'filter') && !JSON.stringify(log).includes('records.jsonl'));

const web = 'outbound|80||web.shop.svc.cluster.local';

test.each<readonly [string, unknown, unknown]>([
  ['connectTimeout 10 s', cluster(web)['connect_timeout'], '10s'],
  ['outboundTrafficPolicy ALLOW_ANY', everywhere.includes('"cluster":"PassthroughCluster"'), true],
  ['inboundTrafficPolicy PASSTHROUGH', everywhere.includes('InboundPassthroughCluster'), true],
  ['enableAutoMtls', JSON.stringify(cluster(web)['transport_socket_matches'])?.includes('tlsMode-istio'), true],
  ['trustDomain cluster.local', everywhere.includes('spiffe://cluster.local/'), true],
  ['proxyListenPort 15001', listener('virtualOutbound')['address'], { socket_address: { address: '0.0.0.0', port_value: 15001 } }],
  ['proxyInboundListenPort 15006', listener('virtualInbound')['address'], { socket_address: { address: '0.0.0.0', port_value: 15006 } }],
  ['protocolDetectionTimeout 0', listener('virtualInbound')['listener_filters_timeout'], '0s'],
  ['accessLogFile off', unfiltered, []],
  ['dnsRefreshRate 60 s', cluster('outbound|443||api.example.com')['dns_refresh_rate'], '60s'],
])('%s', (_, told, wanted) => expect(told).toEqual(wanted));
