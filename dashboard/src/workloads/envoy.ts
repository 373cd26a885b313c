/** What an Envoy says that it has, as rows: a name, and what one looks for in such a thing. */
import type { ProxyConfig } from '@weft/model';

type Json = Readonly<Record<string, unknown>>;

export const configParts = ['clusters', 'listeners', 'routes', 'endpoints', 'secrets', 'bootstrap'] as const;
export type ConfigPart = (typeof configParts)[number];

export interface Held {
  readonly name: string;
  /** By what is told of it, in words. */
  readonly facts: Readonly<Record<string, string>>;
  /** As Envoy has it, in JSON. */
  readonly text: string;
}

const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(record) : []);
const word = (value: unknown): string => (value === undefined || value === null ? '' : String(value));

const addressOf = (value: unknown): string => {
  const { socket_address: socket, pipe } = record(value);
  if (pipe) return word(record(pipe)['path']);
  const { address, port_value: port } = record(socket);
  return address === undefined ? '' : `${word(address)}:${word(port)}`;
};

type Facts = (value: Json) => Held['facts'];

const ofCluster: Facts = ({
  type,
  lb_policy: balancing,
  connect_timeout: timeout,
  transport_socket: socket,
  transport_socket_matches: matches,
  circuit_breakers: limits,
  outlier_detection: ejection,
}) => ({
  Type: word(type ?? 'STATIC'),
  'Load balancing': word(balancing ?? 'ROUND_ROBIN'),
  'Connect timeout': word(timeout),
  TLS: list(matches).length > 0 ? 'by endpoint' : socket ? 'yes' : 'no',
  Limits: limits ? 'set' : '',
  Ejection: ejection ? 'set' : '',
});

/** `TLSv1_2` → 1.2; of several chains the lowest. */
const leastTls = (chains: readonly Json[]): string =>
  chains
    .flatMap(({ transport_socket: socket }) => {
      const context = record(record(record(socket)['typed_config'])['common_tls_context']);
      const version = record(context['tls_params'])['tls_minimum_protocol_version'];
      return version === undefined ? [] : [word(version).replace('TLSv', '').replace('_', '.')];
    })
    .sort()[0] ?? '';

const ofListener: Facts = ({ address, filter_chains: chains, traffic_direction: direction }) => ({
  Address: addressOf(address),
  Direction: word(direction).toLowerCase(),
  'Filter chains': word(list(chains).length),
  'TLS at least': leastTls(list(chains)),
  Filters: [
    ...new Set(list(chains).flatMap(({ filters }) => list(filters).map(({ name }) => word(name).replace('envoy.filters.network.', '')))),
  ].join(', '),
});

const ofRoute: Facts = ({ virtual_hosts: hosts }) => ({
  'Virtual hosts': word(list(hosts).length),
  Domains: list(hosts)
    .map(({ domains }) => word(Array.isArray(domains) ? domains[0] : ''))
    .join(', '),
  Routes: word(list(hosts).reduce((all, { routes }) => all + list(routes).length, 0)),
});

const ofEndpoints: Facts = ({ endpoints }) => {
  const all = list(endpoints).flatMap(({ lb_endpoints: some }) => list(some));
  return {
    Endpoints: word(all.length),
    Addresses: all.map(({ endpoint }) => addressOf(record(endpoint)['address'])).join(', '),
    Health: [...new Set(all.map(({ health_status: health }) => word(health ?? 'UNKNOWN').toLowerCase()))].join(', '),
  };
};

export interface HeldCertificate {
  /** Of the secret. */
  readonly secret: string;
  readonly serial: string;
  readonly names: string;
  readonly issuer: string;
  /** Unix milliseconds. */
  readonly from: number;
  readonly until: number;
}

const certificatesOf = (secret: string, value: Json): readonly HeldCertificate[] =>
  [...list(value['certificates']), ...list(value['roots']), ...list(value['trustDomains']).flatMap(({ roots }) => list(roots))].map(
    ({ serial, subjectAltName, issuer, notBefore, notAfter }) => ({
      ...{ secret, serial: word(serial), names: word(subjectAltName).replaceAll('URI:', ''), issuer: word(issuer).replaceAll('\n', ', ') },
      ...{ from: Date.parse(word(notBefore)), until: Date.parse(word(notAfter)) },
    }),
  );

export const heldCertificates = ({ secrets = {} }: ProxyConfig): readonly HeldCertificate[] =>
  Object.entries(secrets).flatMap(([name, value]) => certificatesOf(name, record(value)));

const ofSecret: Facts = (value) => {
  const all = certificatesOf('', value);
  return {
    'Last updated': word(value['lastUpdated']),
    Names: [...new Set(all.map(({ names }) => names))].join(', '),
    'Valid until': all.map(({ until }) => new Date(until).toISOString()).join(', '),
  };
};

const facts: Readonly<Record<Exclude<ConfigPart, 'bootstrap'>, Facts>> = {
  clusters: ofCluster,
  listeners: ofListener,
  routes: ofRoute,
  endpoints: ofEndpoints,
  secrets: ofSecret,
};

const textOf = (value: unknown): string => JSON.stringify(value, null, 2);

export const heldIn = (config: ProxyConfig, part: ConfigPart): readonly Held[] => {
  if (part === 'bootstrap')
    return Object.entries(record(config.bootstrap)).map(([name, value]) => ({ name, facts: {}, text: textOf(value) }));
  return Object.entries(config[part] ?? {}).map(([name, value]) => ({ name, facts: facts[part](record(value)), text: textOf(value) }));
};
