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

/** What the loader and the C library drop for programs with more rights than their caller (ld.so(8), secure-execution mode): code and files of the writer's choice. */
const ofTheLoader =
  /^(LD_.*|GLIBC_TUNABLES|GCONV_PATH|GETCONF_DIR|HOSTALIASES|LOCALDOMAIN|LOCPATH|MALLOC_.*|NIS_PATH|NLSPATH|RESOLV_.*|RES_OPTIONS|TMPDIR|TZDIR|PATH)$/;

/** A proxy has rights and keys that its workload has not: it takes no variables that decide which code it runs. */
export const choosesCode = (name: string): boolean => ofTheLoader.test(name);

/** A command line is text up to the first NUL, and an argument ends at 128 KiB. */
export const isArgument = (text: string): boolean => !text.includes('\0') && text.length < 32_768;

const environmentOf = (value: unknown): ProxySettings['environment'] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).filter(
    ([name, text]) => isVariable(name) && !choosesCode(name) && typeof text === 'string' && isArgument(text),
  );
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
