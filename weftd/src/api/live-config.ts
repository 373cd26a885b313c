/** What an Envoy has, from its own `config_dump` (Envoy's admin API), in the shape of `ProxyConfig`. */

import { X509Certificate } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { ProxyConfig } from '@weft/model';
import type { Agent } from './agent.ts';
import { withoutKeys } from './redact.ts';
import { Refusal } from './routes.ts';

type Json = Readonly<Record<string, unknown>>;

const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(record) : []);
const byName = (entries: readonly (readonly [string, unknown])[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));

interface PodName {
  readonly namespace: string;
  readonly name: string;
}

const dumpOf = async (agent: Agent, { namespace, name }: PodName): Promise<readonly Json[]> => {
  const path = `/pods/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/envoy/config_dump?include_eds`;
  const answer = await agent.get(path);
  const body = await text(answer);
  if (answer.statusCode !== 200)
    throw new Refusal(answer.statusCode === 404 ? 404 : 502, `the Envoy of ${namespace}/${name} does not answer: ${body.slice(0, 300)}`);
  return list(record(JSON.parse(body))['configs']);
};

const parts = (dump: readonly Json[], type: string): Json => dump.find((config) => String(config['@type']).endsWith(`.${type}`)) ?? {};

/** A certificate chain by what people look for: whose it is, which one, and how long it lasts. */
const certificates = (pem: string): readonly Json[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((block) => {
    const { serialNumber, validFrom, validTo, subjectAltName = '', issuer } = new X509Certificate(block);
    return { serial: serialNumber, notBefore: validFrom, notAfter: validTo, subjectAltName, issuer };
  });

const inline = (source: unknown): string => {
  const { inline_bytes: bytes, inline_string: string } = record(source);
  return typeof bytes === 'string' ? Buffer.from(bytes, 'base64').toString() : String(string ?? '');
};

/** Names, serials, expiry and SPIFFE ids; nothing else of a secret leaves weftd. */
const secretOf = (secret: Json): Json => {
  const { certificate_chain: chain } = record(secret['tls_certificate']);
  const { trusted_ca: roots, custom_validator_config: validator } = record(secret['validation_context']);
  if (chain) return { certificates: certificates(inline(chain)) };
  if (roots) return { roots: certificates(inline(roots)) };
  const domains = list(record(record(validator)['typed_config'])['trust_domains']);
  return { trustDomains: domains.map((domain) => ({ name: domain['name'], roots: certificates(inline(domain['trust_bundle'])) })) };
};

const listeners = (dump: readonly Json[]): ProxyConfig['listeners'] =>
  byName(
    list(parts(dump, 'ListenersConfigDump')['dynamic_listeners']).map(({ name, active_state: state }) => [
      String(name),
      record(state)['listener'],
    ]),
  );

const routes = (dump: readonly Json[]): ProxyConfig['routes'] =>
  byName(
    list(parts(dump, 'RoutesConfigDump')['dynamic_route_configs']).map(({ route_config: route }) => [String(record(route)['name']), route]),
  );

const clusters = (dump: readonly Json[]): ProxyConfig['clusters'] => {
  const { static_clusters: fixed, dynamic_active_clusters: dynamic } = parts(dump, 'ClustersConfigDump');
  return byName([...list(fixed), ...list(dynamic)].map(({ cluster }) => [String(record(cluster)['name']), cluster]));
};

const endpoints = (dump: readonly Json[]): ProxyConfig['endpoints'] =>
  byName(
    list(parts(dump, 'EndpointsConfigDump')['dynamic_endpoint_configs']).map(({ endpoint_config: config }) => [
      String(record(config)['cluster_name']),
      config,
    ]),
  );

const secrets = (dump: readonly Json[]): ProxyConfig['secrets'] =>
  byName(
    list(parts(dump, 'SecretsConfigDump')['dynamic_active_secrets']).map(({ name, last_updated: at, secret }) => [
      String(name),
      { lastUpdated: at, ...secretOf(record(secret)) },
    ]),
  );

export const liveConfig = async (agent: Agent, pod: PodName): Promise<ProxyConfig> => {
  const dump = await dumpOf(agent, pod);
  const config = {
    bootstrap: parts(dump, 'BootstrapConfigDump')['bootstrap'],
    listeners: listeners(dump) ?? {},
    routes: routes(dump) ?? {},
    clusters: clusters(dump) ?? {},
    endpoints: endpoints(dump) ?? {},
  };
  return { ...withoutKeys(config as Json), secrets: secrets(dump) ?? {} };
};
