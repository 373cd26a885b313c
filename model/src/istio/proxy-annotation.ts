/** The annotation `proxy.istio.io/config`: a ProxyConfig of MeshConfig's form, for one workload. */
import { isObject } from '../object.ts';
import { readDocument } from '../yaml/read.ts';
import { type GatewayTopology, readTopology } from './gateway-topology.ts';

export const proxyAnnotation = 'proxy.istio.io/config';

/** How a proxy is started. */
export interface ProxySettings {
  /** Worker threads; 0: one for each processor. Absent: one. */
  readonly concurrency?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ProxyAnnotation {
  readonly settings: ProxySettings;
  /** Of a gateway. */
  readonly topology?: GatewayTopology;
  /** What cannot be read, or has no effect. */
  readonly faults: readonly string[];
}

const variable = /^[A-Za-z_][A-Za-z0-9_]*$/;

export const isVariable = (name: string): boolean => variable.test(name);

const environmentOf = (value: unknown): ProxySettings['environment'] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).filter(([name, text]) => isVariable(name) && typeof text === 'string');
  return entries.length === Object.keys(value).length ? (Object.fromEntries(entries) as Record<string, string>) : undefined;
};

export const readProxyAnnotation = (text: string | undefined): ProxyAnnotation => {
  if (!text) return { settings: {}, faults: [] };
  const { value, problems } = readDocument(text, 1);
  if (problems.length > 0 || !isObject(value)) return { settings: {}, faults: ['it is no YAML mapping'] };
  const faults: string[] = [];
  const { concurrency, proxyMetadata, gatewayTopology, ...others } = value;
  const threads = typeof concurrency === 'number' && Number.isInteger(concurrency) && concurrency >= 0 ? concurrency : undefined;
  if (concurrency !== undefined && threads === undefined) faults.push('`concurrency` is no number of threads');
  const environment = proxyMetadata === undefined ? undefined : environmentOf(proxyMetadata);
  if (proxyMetadata !== undefined && !environment) faults.push('`proxyMetadata` is no mapping of variables to texts');
  const read = gatewayTopology === undefined ? undefined : readTopology(gatewayTopology);
  faults.push(...(read?.faults ?? []).map(({ message }) => `\`gatewayTopology\`: ${message}`));
  faults.push(...Object.keys(others).map((field) => `\`${field.slice(0, 60)}\` has no effect`));
  const settings = { ...(threads !== undefined && { concurrency: threads }), ...(environment && { environment }) };
  return { settings, ...(read && { topology: read.topology }), faults };
};
