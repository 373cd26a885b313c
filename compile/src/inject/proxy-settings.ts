/** How a pod's proxy is started: settings of the mesh, ProxyConfigs and the pod's annotation (Istio's proxy_config.go). */
import {
  byAge,
  type MeshSettings,
  type ProxyConfigSpec,
  type ProxySettings,
  proxyAnnotation,
  type Resource,
  readProxyAnnotation,
} from '@weft/model';

type Labels = Readonly<Record<string, string>>;
type ProxyConfig = Resource<ProxyConfigSpec>;

export interface ProxyOwner {
  readonly namespace: string;
  readonly labels: Labels;
  readonly annotations: Labels;
}

const selectorOf = ({ spec }: ProxyConfig): Labels => spec.selector?.matchLabels ?? {};

const isWhole = (config: ProxyConfig): boolean => Object.keys(selectorOf(config)).length === 0;

const settingsOf = (config: ProxyConfig | undefined): ProxySettings => ({
  ...(config?.spec.concurrency !== undefined && { concurrency: config.spec.concurrency }),
  ...(config?.spec.environmentVariables && { environment: config.spec.environmentVariables }),
});

/** The later says more: threads replace, variables add up. */
const merged = (layers: readonly ProxySettings[]): ProxySettings => {
  const concurrency = layers.findLast((layer) => layer.concurrency !== undefined)?.concurrency;
  const environment = Object.assign({}, ...layers.map((layer) => layer.environment)) as Record<string, string>;
  return { ...(concurrency !== undefined && { concurrency }), ...(Object.keys(environment).length > 0 && { environment }) };
};

/** From the general to the particular: mesh, root namespace, namespace, annotation, selector; of equals the oldest counts [S17]. */
export const proxySettingsOf = (owner: ProxyOwner, configs: readonly ProxyConfig[], mesh: MeshSettings): ProxySettings => {
  const oldest = [...configs].sort(byAge);
  const wholeOf = (namespace: string) => oldest.find((config) => config.metadata.namespace === namespace && isWhole(config));
  const selecting = oldest.find(
    (config) =>
      config.metadata.namespace === owner.namespace &&
      !isWhole(config) &&
      Object.entries(selectorOf(config)).every(([key, value]) => owner.labels[key] === value),
  );
  return merged([
    mesh.proxy,
    settingsOf(wholeOf(mesh.rootNamespace)),
    settingsOf(owner.namespace === mesh.rootNamespace ? undefined : wholeOf(owner.namespace)),
    readProxyAnnotation(owner.annotations[proxyAnnotation]).settings,
    settingsOf(selecting),
  ]);
};
