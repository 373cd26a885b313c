import { type ExtensionProvider, streams } from '@weft/model';
import { serviceNamed } from '../istio/authorizer.ts';
import { telemetryOf } from '../istio/telemetry.ts';
import { builtIn, collectorSettings, meshLog, providerOf } from '../istio/telemetry-provider.ts';
import type { Provider, Service, TelemetryDefaults } from '../mesh/index.ts';
import { type Input, nameOf, type Pass } from './input.ts';

const lower = (names: readonly string[]): readonly string[] => names.map((name) => name.toLowerCase());

/** The first of a name counts. */
const unique = (providers: readonly Provider[]): readonly Provider[] => [
  ...new Map(providers.toReversed().map((provider) => [provider.name, provider] as const)).values(),
];

const defaultsOf = ({ settings, memo }: Input, services: readonly Service[]): TelemetryDefaults => {
  const { tracing, metrics, accessLogging } = settings.defaultProviders;
  const resolved = (provider: ExtensionProvider): readonly Provider[] => {
    const service = serviceNamed(collectorSettings(provider) ?? {}, (host) => services.filter(({ hostname }) => hostname === host));
    const made = memo(`telemetry provider ${provider.name ?? ''}`, [provider, service], () => providerOf(provider, service));
    return made ? [made] : [];
  };
  const stream = streams.find((one) => one === settings.accessLogFile);
  const log = { name: 'envoy', kind: 'log', sink: meshLog(settings, 'stdout') } as const;
  return {
    providers: unique([...settings.extensionProviders.flatMap(resolved), ...builtIn, log]),
    metrics: lower(metrics),
    logging: lower(accessLogging),
    tracing: lower(tracing),
    ...(stream && { log: meshLog(settings, stream === '/dev/stderr' ? 'stderr' : 'stdout') }),
  };
};

export const telemetries: Pass = {
  name: 'telemetries',
  reads: ({ of, settings }, { services }) => [
    of('Telemetry'),
    settings,
    settings.extensionProviders.some(collectorSettings) ? services : undefined,
  ],
  make: (input, { services }) => {
    const defaults = defaultsOf(input, services);
    const text = JSON.stringify(defaults);
    return {
      telemetries: input.of('Telemetry').map((resource) => input.memo(nameOf(resource), [resource.hash], () => telemetryOf(resource))),
      // The same for the same settings: all listeners hang on it.
      telemetryDefaults: input.memo('telemetry defaults', [text], () => defaults),
    };
  },
};
