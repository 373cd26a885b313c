/** Whether a pod gets an Envoy, and what it is for: Istio's rules for its injection webhooks. */

type Labels = Readonly<Record<string, string>>;

export const injectLabel = 'sidecar.istio.io/inject';
export const namespaceLabel = 'istio-injection';
export const revisionLabel = 'istio.io/rev';
const templatesAnnotation = 'inject.istio.io/templates';

/** Istio never touches Kubernetes' own namespaces. */
const untouched: ReadonlySet<string> = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage']);

const says = (value: string | undefined): boolean | undefined => {
  const text = value?.toLowerCase();
  if (text === undefined || text === '') return undefined;
  return ['true', 'y', 'yes', 'on'].includes(text);
};

/**
 * "Disabled" on either the namespace or the pod wins over "enabled" on the other; then "enabled" on either is enough; without any
 * word the pod is left alone (Istio's documentation of `istio-injection` and `sidecar.istio.io/inject`). The pod's annotation of
 * the same name is the label's older form: it can refuse, never ask.
 */
export const shouldInject = (namespaceLabels: Labels, podLabels: Labels, annotations: Labels = {}): boolean => {
  const ofNamespace = namespaceLabels[namespaceLabel];
  const ofPod = says(podLabels[injectLabel]);
  if (ofNamespace === 'disabled' || ofPod === false) return false;
  if (ofPod === undefined && says(annotations[injectLabel]) === false) return false;
  if (ofPod === true || ofNamespace === 'enabled') return true;
  // `istio-injection`, whatever it says, is stronger than a revision.
  return ofNamespace === undefined && Boolean(namespaceLabels[revisionLabel] || podLabels[revisionLabel]);
};

export interface PodQuestion {
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  readonly annotations: Labels;
  /** `image: auto` in a lone container called `istio-proxy` is how Istio writes a gateway without the annotation. */
  readonly containers?: readonly { readonly name: string; readonly image?: string }[];
}

/**
 * The pod is an Envoy and nothing else. `istio: ingressgateway` is the label that Gateways select by default; a container that brings
 * its own program keeps it, so that such a pod is an ordinary workload.
 */
export const isGatewayPod = ({ labels, annotations, containers = [] }: Omit<PodQuestion, 'namespace' | 'namespaceLabels'>): boolean => {
  const templates = (annotations[templatesAnnotation] ?? '').split(',').map((name) => name.trim());
  const lone = containers.length === 1 ? containers[0] : undefined;
  return (
    templates.includes('gateway') ||
    ['ingressgateway', 'egressgateway'].includes(labels['istio'] ?? '') ||
    (lone?.name === 'istio-proxy' && lone.image === 'auto')
  );
};

export const proxyOf = (pod: PodQuestion): 'sidecar' | 'gateway' | 'none' => {
  if (untouched.has(pod.namespace)) return 'none';
  // A gateway is one wherever it runs, unless it is told not to be: without Envoy nothing is left of it.
  if (isGatewayPod(pod)) return says(pod.labels[injectLabel]) === false ? 'none' : 'gateway';
  return shouldInject(pod.namespaceLabels, pod.labels, pod.annotations) ? 'sidecar' : 'none';
};
