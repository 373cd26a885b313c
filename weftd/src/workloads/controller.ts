/**
 * The workload controller: Deployments and Pods, and the pods that were made for them before → the pods that shall
 * run now. Pure: names and uids come from the `random` that is passed in.
 */
import { proxyOf } from '@weft/compile';
import { proxySettingsOf } from '@weft/compile/inject';
import type { MeshSettings, ObjectRef, PodReport, PodSpec, ProxySettings, Resource } from '@weft/model';
import { contentHash, isKind, ofKind, refKey } from '@weft/model';
import { containerOf, type PodFacts } from './container.ts';
import type { PodInstance } from './instance.ts';
import { rollout } from './rollout.ts';
import { type Template, templatesOf } from './template.ts';

export interface ControllerPowers {
  readonly now: () => number;
  /** A fresh uid. */
  readonly uid: () => string;
  /** `length` random letters of a pod's name. */
  readonly letters: (length: number) => string;
  /** Short hash of a text, in letters that a name may have. */
  readonly hash: (text: string) => string;
}

export interface WorkloadsInput {
  readonly resources: readonly Resource[];
  readonly previous: readonly PodInstance[];
  readonly reports: readonly PodReport[];
  /** Restarts asked for: Unix milliseconds by `refKey` of the workload. */
  readonly restarts: ReadonlyMap<string, number>;
  readonly settings: MeshSettings;
}

/** One workload and its pods, those of an older template included. */
export interface Workload {
  readonly ref: ObjectRef;
  readonly replicas: number;
  readonly instances: readonly PodInstance[];
  /** What the labels ask for now; pods that are otherwise need a restart. */
  readonly proxy: PodSpec['proxy'];
  /** How ProxyConfigs want it started. */
  readonly proxySettings: ProxySettings;
}

const ownerOf = ({ kind, namespace, name }: Template): ObjectRef => ({ kind, namespace, name });
const ownerKey = ({ pod: { workload, namespace } }: PodInstance): string => refKey({ ...workload, namespace });

const podOf = (template: Template, facts: PodFacts, { proxy, proxySettings }: Pick<Workload, 'proxy' | 'proxySettings'>): PodSpec => ({
  name: facts.name,
  namespace: facts.namespace,
  uid: facts.uid,
  serviceAccount: facts.serviceAccount,
  labels: facts.labels,
  annotations: facts.annotations,
  workload: { kind: template.kind, name: template.name },
  containers: template.spec.containers.map((container) => containerOf(container, facts)),
  terminationGracePeriodSeconds: template.spec.terminationGracePeriodSeconds ?? 30,
  proxy,
  ...(Object.keys(proxySettings).length > 0 && { proxySettings }),
});

/** As Kubernetes names and labels what a Deployment makes; a Pod has the name that it was given. */
const identify = (template: Template, hash: string, { uid, letters }: ControllerPowers): PodFacts => {
  const made = template.kind === 'Deployment';
  const { namespace, name, annotations, directory } = template;
  return {
    name: made ? `${`${name}-${hash}`.slice(0, 57)}-${letters(5)}` : name,
    namespace,
    uid: uid(),
    serviceAccount: template.spec.serviceAccountName ?? template.spec.serviceAccount ?? 'default',
    labels: made ? { ...template.labels, 'pod-template-hash': hash } : template.labels,
    annotations,
    directory,
  };
};

/** @returns every workload with its pods; `previous` instances of workloads that are gone are in none. */
export const reconcile = (input: WorkloadsInput, powers: ControllerPowers): readonly Workload[] => {
  const byOwner = Map.groupBy(input.previous, ownerKey);
  const ready = new Set(input.reports.filter((report) => report.ready).map(({ uid }) => uid));
  const namespaces = new Map(
    input.resources.filter((resource) => isKind(resource, 'Namespace')).map(({ metadata }) => [metadata.name, metadata.labels]),
  );
  const configs = ofKind(input.resources, 'ProxyConfig');
  return templatesOf(input.resources).map((template): Workload => {
    const ref = ownerOf(template);
    const key = refKey(ref);
    const { spec, labels, annotations, directory, namespace } = template;
    const hash = powers.hash(contentHash([spec, labels, annotations, directory, input.restarts.get(key) ?? 0]));
    const pod = { namespace, namespaceLabels: namespaces.get(namespace) ?? {}, labels, annotations, containers: spec.containers };
    const proxy = proxyOf(pod);
    const proxySettings = proxy === 'none' ? {} : proxySettingsOf({ namespace, labels, annotations }, configs, input.settings);
    const instances = byOwner.get(key) ?? [];
    // A Pod's name is taken while it lives, so its successor takes its place at once.
    const mine = template.kind === 'Pod' ? instances.filter((instance) => instance.template === hash) : instances;
    const isReady = ({ pod }: PodInstance): boolean => ready.has(pod.uid);
    const { keep, create } = rollout({ replicas: template.replicas, template: hash, instances: mine, isReady });
    const fresh = Array.from({ length: create }, () => ({
      pod: podOf(template, identify(template, hash, powers), { proxy, proxySettings }),
      template: hash,
      created: powers.now(),
    }));
    return { ref, replicas: template.replicas, instances: [...keep, ...fresh], proxy, proxySettings };
  });
};
