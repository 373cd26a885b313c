/**
 * A golden case is a folder that holds everything: `input.yaml` (its first line says what must happen; its first document is
 * about the case, the others are the mesh), and beside it what comes out, each in a file of its own.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Encoded, type JsonObject, type JsonValue, type ResourceSet, typeUrls } from '@weft/envoy';
import { type ClusterStep, type Finding, meshSettings, type Passage, type Proxy, parse, type Request } from '@weft/model';
import { certificateReader } from '@weft/model/node';
import { parse as readYaml, stringify } from 'yaml';
import { isTelling, isTold, withTelemetryInShort } from './telemetry.ts';
import { assumedPods, build, decode, emit, explain, type RunningPod, scope, type View } from '../src/index.ts';

/** Output file by its name, and the resources that it shows. */
const types = {
  clusters: typeUrls.CDS,
  endpoints: typeUrls.EDS,
  filters: typeUrls.ECDS,
  listeners: typeUrls.LDS,
  routes: typeUrls.RDS,
  'virtual-hosts': typeUrls.VHDS,
} as const;

type File = keyof typeof types;

interface About {
  /** A pod of the input by its Deployment's name, or a proxy of nobody's: `role`, `namespace`, `labels`. */
  readonly proxy?: Partial<Proxy> & { readonly workload?: string };
  /** Parts of names, by type; an empty list shows all. */
  readonly show?: { readonly [K in File]?: readonly string[] };
  readonly requests?: readonly Request[];
  /** Show what proxies tell of their traffic: the same everywhere, and long. */
  readonly telemetry?: true;
  /** Deployments whose pods are not ready. */
  readonly unready?: readonly string[];
}

export interface Outcome {
  /** By file name. */
  readonly files: ReadonlyMap<string, string>;
  readonly resources: ResourceSet;
  readonly view: View;
  readonly requests: readonly Request[];
}

const proxyOfCase = ({ workload, ...said }: NonNullable<About['proxy']>, pods: readonly RunningPod[]): Proxy => {
  const running = pods.find(({ pod }) => pod.workload.name === workload);
  if (workload && !running) throw new Error(`the input has no Deployment ${workload}`);
  const namespace = said.namespace ?? running?.pod.namespace ?? 'default';
  return {
    id: 'case',
    role: running?.pod.proxy === 'gateway' ? 'gateway' : 'sidecar',
    name: running?.pod.name ?? 'nobody',
    namespace,
    serviceAccount: running?.pod.serviceAccount ?? 'default',
    labels: running?.pod.labels ?? {},
    addresses: running ? [running.address] : ['10.244.9.9'],
    cluster: 'Kubernetes',
    network: '',
    locality: { region: '', zone: '', subzone: '' },
    dnsDomain: `${namespace}.svc.cluster.local`,
    ...said,
  };
};

const withoutTelemetry = (value: JsonValue): JsonValue => {
  if (Array.isArray(value)) return value.filter((item) => !isTelling('', item)).map(withoutTelemetry);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).flatMap(([key, child]): [string, JsonValue][] => {
    if (isTelling(key, child)) return [];
    if (key !== 'access_log' || !Array.isArray(child)) return [[key, withoutTelemetry(child)]];
    const others = child.filter((log) => !isTold(log));
    return others.length > 0 ? [[key, others]] : [];
  });
  return Object.fromEntries(kept);
};

interface Shown {
  readonly parts: readonly string[];
  readonly telemetry: boolean;
}

const shown = (resources: ReadonlyMap<string, Encoded> | undefined, { parts, telemetry }: Shown): string => {
  const chosen = [...(resources ?? [])].filter(([name]) => parts.length === 0 || parts.some((part) => name.includes(part)));
  if (parts.length > 0 && chosen.length === 0) return '# nothing of these names\n';
  const known = new Map<string, JsonObject>();
  const decoded = (resource: Encoded): JsonValue =>
    telemetry ? withTelemetryInShort(decode(resource), known) : withoutTelemetry(decode(resource));
  return write(Object.fromEntries(chosen.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, resource]) => [name, decoded(resource)])), telemetry);
};

const write = (value: unknown, aliases = false): string => stringify(value, { lineWidth: 120, aliasDuplicateObjects: aliases });

const written = ({ code, severity, resource, path, line, message }: Finding) => ({
  code,
  severity,
  object: resource ? `${resource.kind} ${resource.namespace}/${resource.name}` : '',
  path,
  line,
  message,
});

const mtlsOf = (endpoints: ClusterStep['endpoints']): 'all' | 'some' | 'none' => {
  const able = endpoints.filter(({ mtls }) => mtls).length;
  return able === 0 ? 'none' : able === endpoints.length ? 'all' : 'some';
};

/** A passage as far as a reviewer wants to see it. */
const inShort = ({ virtualHost, route, clusters, timeout, retries, rewrites, faults, mirrors, cors, outcome }: Passage) => {
  const { kind, why, ...rest } = outcome;
  return {
    virtualHost,
    route,
    outcome: kind,
    ...rest,
    to: clusters.map(({ name, percent, endpoints, failure }) => ({
      cluster: name,
      percent: Math.round(percent),
      endpoints: endpoints.length,
      mtls: mtlsOf(endpoints),
      ...(failure && { failure: `${failure.status} ${failure.flag}` }),
    })),
    ...(timeout > 0 && { timeout }),
    ...(retries && { attempts: retries.attempts }),
    ...(Object.keys(rewrites).length > 0 && { rewrites }),
    ...(faults && { faults }),
    ...(mirrors && { mirrors: mirrors.map(({ name, percent }) => ({ cluster: name, percent })) }),
    ...(cors && { cors }),
    why,
  };
};

export const runCase = async (folder: string): Promise<Outcome> => {
  const text = await readFile(join(folder, 'input.yaml'), 'utf8');
  if (!/^# \S.{20,}\n/.test(text)) throw new Error(`${folder}: the first line of input.yaml says what must happen`);
  const [first = '', ...rest] = text.split(/^---$/m);
  const about = (readYaml(first) ?? {}) as About;
  // Blank lines stand for the first document, so that findings name the lines of the file.
  const objects = first.replace(/[^\n]/g, '') + rest.join('---');
  const { resources, findings } = parse({ text: objects, file: 'input.yaml', origin: { source: 'file' }, certificates: certificateReader });
  const pods = assumedPods(resources, about.unready);
  const built = build({ resources, pods, settings: meshSettings(resources) });
  const view = scope(built.mesh, proxyOfCase(about.proxy ?? {}, pods));
  const emitted = emit(view);
  const files = new Map<string, string>();
  for (const [name, parts] of Object.entries(about.show ?? {})) {
    files.set(`${name}.yaml`, shown(emitted.get(types[name as File]), { parts: parts ?? [], telemetry: about.telemetry === true }));
  }
  const all = [...findings, ...built.findings];
  if (all.length > 0) files.set('findings.yaml', write(all.map(written)));
  const requests = about.requests ?? [];
  if (requests.length > 0) files.set('explain.yaml', write(requests.map((request) => ({ request, ...inShort(explain(view, request)) }))));
  return { files, resources: emitted, view, requests };
};
