/** What a proxy was sent, decoded. Bootstrap and secrets are the agent's to give: they come from the Envoy where it can be asked. */
import { fromBinary, toJson } from '@bufbuild/protobuf';
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import type { Encoded, ResourceSet } from '@weft/envoy';
import type { ProxyConfig } from '@weft/model';
import { liveConfig } from './live-config.ts';
import { withoutKeys } from './redact.ts';
import { type ApiParts, Refusal } from './routes.ts';

/** Virtual hosts are shown as routes: they are parts of route configurations that travel on their own. */
const sections = {
  'envoy.config.listener.v3.Listener': 'listeners',
  'envoy.config.route.v3.RouteConfiguration': 'routes',
  'envoy.config.route.v3.VirtualHost': 'routes',
  'envoy.config.cluster.v3.Cluster': 'clusters',
  'envoy.config.endpoint.v3.ClusterLoadAssignment': 'endpoints',
} as const satisfies Readonly<Record<string, keyof ProxyConfig>>;

const isShown = (type: string): type is keyof typeof sections => type in sections;

/** Loaded at the first question: the descriptions of all of Envoy's types are large. */
export const decoder = async (): Promise<(resource: Encoded) => unknown> => {
  const { registry } = await import('@weft/envoy/registry');
  const { ResourceSchema } = await import('@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js');
  return ({ name, bytes }) => {
    const { resource } = fromBinary(ResourceSchema, bytes);
    const message = resource && anyUnpack(resource, registry);
    const schema = message && registry.getMessage(message.$typeName);
    return schema ? toJson(schema, message, { registry, useProtoFieldName: true }) : { name };
  };
};

const decoded = async (sent: ResourceSet): Promise<ProxyConfig> => {
  const decode = await decoder();
  const config: Record<'listeners' | 'routes' | 'clusters' | 'endpoints', Record<string, unknown>> = {
    listeners: {},
    routes: {},
    clusters: {},
    endpoints: {},
  };
  for (const [typeUrl, resources] of sent) {
    const type = typeUrl.slice(typeUrl.indexOf('/') + 1);
    if (!isShown(type)) continue;
    for (const resource of [...resources.values()].sort((a, b) => (a.name < b.name ? -1 : 1)))
      config[sections[type]][resource.name] = decode(resource);
  }
  return config;
};

export const sentConfig = async (
  { push, agent }: ApiParts,
  pod: { readonly namespace: string; readonly name: string },
): Promise<ProxyConfig> => {
  const sent = push.configOf(pod.namespace, pod.name);
  if (!sent) throw new Refusal(404, `no proxy ${pod.namespace}/${pod.name} has connected`);
  const own = await liveConfig(agent, pod).catch((): ProxyConfig => ({}));
  const { bootstrap, secrets } = own;
  return {
    ...withoutKeys((await decoded(sent)) as Record<string, unknown>),
    ...(bootstrap !== undefined && { bootstrap }),
    ...(secrets && { secrets }),
  };
};
