/** What objectives, rules and routes say, read out of all objects: what the thread of alerts goes by. */
import { peerModesIn } from '@weft/compile';
import {
  type AlertRouteSpec,
  type AlertRuleSpec,
  type CertificateReader,
  expiryOf,
  type MeshSettings,
  type NamedSaturation,
  ofKind,
  type Resource,
  type ServiceLevelObjectiveSpec,
  secretKeysOf,
  secretText,
} from '@weft/model';
import { saturationsIn } from '../desired/measured.ts';
import type { Instance } from '../registry.ts';
import { secretId } from './secret-id.ts';

export interface Configuration {
  readonly objectives: readonly Resource<ServiceLevelObjectiveSpec>[];
  readonly rules: readonly Resource<AlertRuleSpec>[];
  readonly routes: readonly Resource<AlertRouteSpec>[];
  /** Of the keys that routes name, those that there are, by `secretId`. They are told to nobody but their receiver. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly rootNamespace: string;
  /** Networks inside that receivers may stand in. */
  readonly networks: readonly string[];
  /** `namespace/workload` of those where mutual TLS is turned off on some port. */
  readonly plaintextWanted: readonly string[];
  /** When certificates end that stand in Secrets; the first of each. */
  readonly certificates: readonly { readonly namespace: string; readonly name: string; readonly notAfter: number }[];
  readonly saturations: readonly NamedSaturation[];
}

const secretsOf = (resources: readonly Resource[], routes: readonly Resource<AlertRouteSpec>[]): ReadonlyMap<string, string> => {
  const secrets = new Map(
    ofKind(resources, 'Secret').map((secret) => [`${secret.metadata.namespace}/${secret.metadata.name}`, secret.spec]),
  );
  const wanted = routes.flatMap(({ metadata: { namespace }, spec }) => secretKeysOf(spec).map(([, key]) => ({ namespace, key })));
  return new Map(
    wanted.flatMap(({ namespace, key }) => {
      const secret = secrets.get(`${namespace}/${key.name}`);
      const value = secret && secretText(secret, key.key);
      return value === undefined ? [] : [[secretId(namespace, key), value] as const];
    }),
  );
};

const certificatesOf = (resources: readonly Resource[], reader: CertificateReader): Configuration['certificates'] =>
  ofKind(resources, 'Secret').flatMap(({ metadata: { namespace, name }, spec }) => {
    const notAfter = expiryOf(spec, reader);
    return notAfter === undefined ? [] : [{ namespace, name: `Secret ${name}`, notAfter }];
  });

const plaintextWanted = (resources: readonly Resource[], rootNamespace: string, instances: readonly Instance[]): readonly string[] => {
  const modesOf = peerModesIn(resources, rootNamespace);
  const open = instances.filter(({ pod }) => {
    const { mode, ports } = modesOf(pod);
    return [mode, ...Object.values(ports)].includes('DISABLE');
  });
  return [...new Set(open.map(({ pod }) => `${pod.namespace}/${pod.workload.name}`))];
};

export interface Surroundings {
  readonly settings: MeshSettings;
  readonly instances: readonly Instance[];
  readonly certificates: CertificateReader;
}

export const configurationOf = (resources: readonly Resource[], { settings, instances, certificates }: Surroundings): Configuration => {
  const { rootNamespace, alertNetworks } = settings;
  const routes = ofKind(resources, 'AlertRoute');
  return {
    objectives: ofKind(resources, 'ServiceLevelObjective'),
    rules: ofKind(resources, 'AlertRule'),
    routes,
    secrets: secretsOf(resources, routes),
    rootNamespace,
    networks: alertNetworks,
    plaintextWanted: plaintextWanted(resources, rootNamespace, instances),
    certificates: certificatesOf(resources, certificates),
    saturations: saturationsIn(resources),
  };
};
