/** What a proxy counts, writes down and traces: said for the mesh, its namespace and its workload, in this order [S126, S127]. */
import { mergedTelemetry } from '../istio/telemetry-merge.ts';
import {
  type Collector,
  defaultTelemetry,
  type Mesh,
  type Provider,
  type ScopedService,
  type Surface,
  type Telemetry,
  type TelemetryDefaults,
  type TelemetrySlice,
} from '../mesh/index.ts';
import { isFor, type Subject } from './authorization.ts';

const isWhole = ({ selector, targets }: Telemetry): boolean => !selector && !targets;

/** One for a whole namespace, the oldest; then those that select the workload, which only its own namespace has. */
const objectsFor = ({ telemetries, rules, ...mesh }: Mesh, subject: Subject): readonly Telemetry[] => {
  const wholeOf = (namespace: string) => telemetries.find((one) => one.namespace === namespace && isWhole(one));
  const whole = [...new Set([rules.rootNamespace, subject.namespace])].flatMap((namespace) => wholeOf(namespace) ?? []);
  const selecting = telemetries.filter((one) => one.namespace === subject.namespace && !isWhole(one));
  return [...whole, ...selecting.filter((one) => isFor(one, subject, { ...mesh, telemetries, rules }))];
};

const collectorOf = (provider: Provider): Collector | undefined => {
  if (provider.kind === 'log') return 'collector' in provider.sink ? provider.sink.collector : undefined;
  return provider.kind === 'tracer' && 'collector' in provider.tracer ? provider.tracer.collector : undefined;
};

const hasCluster = ({ host, port }: Collector, services: readonly ScopedService[]): boolean =>
  services.some(({ service }) => service.hostname === host && service.ports.some(({ number }) => number === port));

/** Envoy refuses a listener that sends to a cluster which it does not have. */
const reachable = (mesh: Mesh, services: readonly ScopedService[]): TelemetryDefaults => {
  const { telemetryDefaults: defaults, memo } = mesh;
  const hidden = defaults.providers.filter((provider) => {
    const collector = collectorOf(provider);
    return collector !== undefined && !hasCluster(collector, services);
  });
  if (hidden.length === 0) return defaults;
  return memo(`telemetry without ${hidden.map(({ name }) => name).join()}`, [defaults], () => ({
    ...defaults,
    providers: defaults.providers.filter((provider) => !hidden.includes(provider)),
  }));
};

const defaultText = JSON.stringify(defaultTelemetry);

/** Absent: as a mesh has it that says nothing. */
export const telemetryFor = (mesh: Mesh, subject: Subject, services: readonly ScopedService[]): Pick<Surface, 'telemetry'> => {
  const objects = objectsFor(mesh, subject);
  const defaults = reachable(mesh, services);
  const known = defaults.providers.map(({ name }) => name).join();
  const telemetry = mesh.memo(
    `telemetry of ${objects.map(({ key }) => key).join()} by ${known}`,
    [defaults, ...objects],
    (): TelemetrySlice | null => {
      const merged = mergedTelemetry(objects, defaults);
      return JSON.stringify(merged) === defaultText ? null : merged;
    },
  );
  return telemetry ? { telemetry } : {};
};
