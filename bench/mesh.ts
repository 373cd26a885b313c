/** A mesh as Istio users write it, and the two changes that the benchmark makes to it. */
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

export interface MeshSize {
  readonly services: number;
  readonly endpoints: number;
  readonly namespaces: number;
}

const address = (index: number): string => `10.${10 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}`;
const virtualAddress = (index: number): string => `10.96.${Math.floor(index / 250)}.${(index % 250) + 1}`;

const endpoint = (service: number, index: number, at: number): string =>
  `  - address: ${address(at)}\n    labels: {app: svc-${service}, version: v${(index % 2) + 1}}\n    serviceAccount: svc-${service}\n    locality: r1/z${index % 3}`;

const manifest = (index: number, { endpoints, namespaces }: MeshSize): string => {
  const name = `svc-${index}`;
  const namespace = `ns-${index % namespaces}`;
  const host = `${name}.${namespace}.svc.cluster.local`;
  return `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  hosts: [${host}]
  addresses: [${virtualAddress(index)}]
  location: MESH_INTERNAL
  resolution: STATIC
  ports:
  - {number: 80, name: http, protocol: HTTP, targetPort: 8080}
  endpoints:
${Array.from({ length: endpoints }, (_, i) => endpoint(index, i, index * endpoints + i)).join('\n')}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  hosts: [${host}]
  http:
  - match: [{headers: {x-user: {exact: tester}}}]
    route: [{destination: {host: ${host}, subset: v2}}]
  - timeout: 10s
    retries: {attempts: 3, perTryTimeout: 2s, retryOn: "5xx,connect-failure"}
    route:
    - {destination: {host: ${host}, subset: v1}, weight: 90}
    - {destination: {host: ${host}, subset: v2}, weight: 10}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  host: ${host}
  trafficPolicy:
    outlierDetection: {consecutive5xxErrors: 5, interval: 10s, baseEjectionTime: 30s}
    connectionPool: {http: {http2MaxRequests: 1000}}
  subsets:
  - {name: v1, labels: {version: v1}}
  - {name: v2, labels: {version: v2}}
`;
};

const meshWide = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: istio-system}
spec: {mtls: {mode: STRICT}}
`;

export const writeMesh = (folder: string, size: MeshSize): void => {
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < size.services; index++) writeFileSync(join(folder, `svc-${index}.yaml`), manifest(index, size));
  writeFileSync(join(folder, 'mesh.yaml'), meshWide);
};

/** A copy, since the benchmark changes it. */
export const copyMesh = (from: string, to: string): void => cpSync(from, to, { recursive: true });

export interface Change {
  /** What every proxy must then have been sent. */
  readonly mark: string;
  /** Replaces the file in one step, as editors do. */
  apply(): void;
}

/** The text after the first match of the pattern's first group is replaced; each round takes another file. */
const change = (folder: string, round: number, { pattern, mark }: { readonly pattern: RegExp; readonly mark: string }): Change => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && pattern.test(readFileSync(join(folder, name), 'utf8')));
  const file = files[(round * 37) % files.length];
  if (file === undefined) throw new Error(`no file of the mesh has ${pattern}`);
  const path = join(folder, file);
  // Beside the folder, so that the watcher sees one rename and nothing else.
  const temporary = join(dirname(folder), `${basename(file)}.new`);
  writeFileSync(
    temporary,
    readFileSync(path, 'utf8').replace(pattern, (_, before: string) => `${before}${mark}`),
  );
  return { mark, apply: () => renameSync(temporary, path) };
};

export const routeChange = (folder: string, round: number): Change =>
  change(folder, round, { pattern: /(x-user: \{exact: )[\w-]+/, mark: `tester-${round}` });

export const endpointChange = (folder: string, round: number): Change =>
  change(folder, round + 1, { pattern: /(- address: )[\d.]+/, mark: `10.250.${round}.7` });
