/** Objects of kind Telemetry that are for nobody, that another one stands before, or that name providers who cannot do what they ask for. */
import {
  against,
  builtInProviders,
  doubtful,
  type ExtensionProvider,
  type Problem,
  type Resource,
  refOf,
  type TelemetrySpec,
  telemetryFaults,
} from '@weft/model';
import { collectorSettings } from '../istio/telemetry-provider.ts';
import { isHttp2, type Mesh, type Provider } from '../mesh/index.ts';
import type { Input } from '../passes/input.ts';
import type { ObjectCheck } from './facts.ts';
import { scopeInputs, scopeProblems } from './policy-scope.ts';

type Telemetry = Resource<TelemetrySpec>;

const isWhole = ({ spec }: Telemetry): boolean =>
  Object.keys(spec.selector?.matchLabels ?? {}).length === 0 && !spec.targetRef && !spec.targetRefs;

/** The oldest of a namespace counts [S126]. */
const overruled = (resource: Telemetry, { telemetries }: Mesh, all: readonly Telemetry[]): readonly Problem[] => {
  if (!isWhole(resource)) return [];
  const { namespace, name } = resource.metadata;
  const first = telemetries.find((one) => one.namespace === namespace && !one.selector && !one.targets);
  if (!first || first.key === `${namespace}/${name}`) return [];
  const older = all.find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === first.key);
  const problem = doubtful('IST0160', '', [
    `Telemetry \`${first.key.slice(namespace.length + 1)}\` is older and is for the whole of namespace \`${namespace}\` too: that one counts`,
    'Write what both say into one.',
  ]);
  return [older ? against(refOf(older), problem) : problem];
};

const kinds = { metrics: 'counts', log: 'takes logs', tracer: 'takes spans' } as const;

/** Why nothing comes to a provider; undefined: something does. */
const reason = (name: string, kind: Provider['kind'], mesh: Mesh, settings: readonly ExtensionProvider[]): string | undefined => {
  const own = name.toLowerCase();
  if (kind === 'log' && own === builtInProviders.own) return undefined;
  const known = mesh.telemetryDefaults.providers.filter((provider) => provider.name === own);
  if (known.some((provider) => provider.kind === kind)) return undefined;
  if (known.length > 0) return `it is none that ${kinds[kind]}`;
  const written = settings.find((provider) => provider.name?.toLowerCase() === own);
  if (!written) return 'the mesh’s `extensionProviders` lack it';
  const faults = telemetryFaults(written, '');
  if (!faults) return 'nothing here speaks with it';
  if (faults.some(({ severity }) => severity === 'error')) return 'it is broken';
  const { service, port } = collectorSettings(written) ?? {};
  return `there is no service \`${service}\` with port ${port}, or several namespaces have it`;
};

const speaksHttp2 = (host: string, port: number, { services, rules }: Mesh): boolean =>
  rules.h2Upgrade === true ||
  services.some(({ hostname, ports }) => hostname === host && ports.some(({ number, protocol }) => number === port && isHttp2(protocol)));

/** A collector that is asked in a protocol which it does not speak. */
const silent = (name: string, mesh: Mesh): string | undefined => {
  const provider = mesh.telemetryDefaults.providers.find((one) => one.name === name.toLowerCase());
  if (!provider || provider.kind === 'metrics') return undefined;
  const sends = provider.kind === 'log' ? provider.sink : provider.tracer;
  if (!('collector' in sends) || sends.kind === 'zipkin' || sends.kind === 'otlp-http') return undefined;
  const { host, port } = sends.collector;
  return speaksHttp2(host, port, mesh) ? undefined : `port ${port} of \`${host}\` is not declared gRPC, which it is spoken to in`;
};

interface Named {
  readonly name: string;
  readonly path: string;
  readonly kind: Provider['kind'];
}

const namedIn = ({ spec }: Telemetry): readonly Named[] => {
  const lists = [
    ...(spec.metrics ?? []).map(({ providers }, at) => ({ providers, kind: 'metrics' as const, path: `spec.metrics[${at}]` })),
    ...(spec.accessLogging ?? []).map(({ providers }, at) => ({ providers, kind: 'log' as const, path: `spec.accessLogging[${at}]` })),
    ...(spec.tracing ?? []).map(({ providers }, at) => ({ providers, kind: 'tracer' as const, path: `spec.tracing[${at}]` })),
  ];
  return lists.flatMap(({ providers = [], kind, path }) =>
    providers.map(({ name }, index) => ({ name, kind, path: `${path}.providers[${index}].name` })),
  );
};

const unused = ({ name, path, kind }: Named, mesh: Mesh, settings: readonly ExtensionProvider[]): readonly Problem[] => {
  const missing = reason(name, kind, mesh, settings);
  const shown = name.slice(0, 80);
  if (missing)
    return [
      doubtful('IST0101', path, [`nothing comes to provider \`${shown}\`: ${missing}`, 'Correct the name, the provider or its service.']),
    ];
  const deaf = silent(name, mesh);
  if (!deaf) return [];
  return [
    doubtful('IST0101', path, [
      `nothing comes to provider \`${shown}\`: ${deaf}`,
      "Name the Service's port `grpc`, or write `appProtocol: grpc`.",
    ]),
  ];
};

export const telemetries = ({ of, settings }: Input): ObjectCheck<'Telemetry'> => ({
  kind: 'Telemetry',
  reads: ['rules', 'backends', 'telemetries', 'telemetryDefaults', 'services'],
  depends: (_, facts) => [...scopeInputs(facts), facts.mesh.telemetries, facts.mesh.telemetryDefaults, facts.mesh.services],
  problems: (resource, facts) => [
    ...scopeProblems(resource, facts),
    ...overruled(resource, facts.mesh, of('Telemetry')),
    ...namedIn(resource).flatMap((named) => unused(named, facts.mesh, settings.extensionProviders)),
  ],
});
