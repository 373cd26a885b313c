/** Manifests in short, for tables of faults: the reader sees the field that matters. */

const istio =
  (kind: string, group = 'networking') =>
  (spec: string) =>
    `apiVersion: ${group}.istio.io/v1\nkind: ${kind}\nmetadata: {name: a, namespace: shop}\nspec:\n${spec}`;

export const virtualService = istio('VirtualService');
export const destinationRule = istio('DestinationRule');
export const gateway = istio('Gateway');
export const serviceEntry = istio('ServiceEntry');
export const workloadEntry = istio('WorkloadEntry');
export const peerAuthentication = istio('PeerAuthentication', 'security');

/** A VirtualService with one route, of which the lines are given. */
export const route = (lines: string): string => virtualService(`  hosts: [a]\n  http:\n  - name: one\n${lines}`);

export const toA = '    route: [{destination: {host: a}}]';

export const service = (spec: string): string => `apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n${spec}`;

export const meshConfig = (spec: string): string =>
  `apiVersion: mesh.weft.dev/v1alpha1\nkind: MeshConfig\nmetadata: {name: default}\nspec:\n${spec}`;

/** A Deployment whose container's lines are given, indented by eight. */
export const deployment = (container: string, pod = ''): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec:
${pod}      containers:
      - name: a
${container}`;
