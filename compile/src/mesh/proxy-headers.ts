/** Headers by which proxies speak to each other and to servers, and who may not say them. */
import { type Caller, isStranger, type Surface } from './surface.ts';
import { defaultTelemetry } from './telemetry.ts';

type Compatible = Pick<Surface, 'compatibility'>;

/** What proxies say of a request, beside what Envoy drops itself of whoever is outside. */
const saidByProxies = ['external-address', 'decorator-operation', 'downstream-service-cluster', 'downstream-service-node'];

export const headersOfProxies = (surface: Compatible, caller: Caller): readonly string[] =>
  isStranger(surface, caller) ? saidByProxies.map((name) => `x-envoy-${name}`) : [];

/** A server's proxy that traces takes the name of the span from here (`ActiveStream::traceRequest` of Envoy 1.40). */
export const headersOfTracing = ({ telemetry = defaultTelemetry }: Pick<Surface, 'telemetry'>): readonly string[] =>
  telemetry.served.tracing ? ['x-envoy-decorator-operation'] : [];

/** What else Envoys say to each other and to servers, by whom they are spoken to. */
const saidInside = [
  ...[
    'attempt-count',
    'config-source',
    'degraded',
    'immediate-health-check-fail',
    'is-timeout-retry',
    'local-overloaded',
    'original-dst-host',
  ],
  ...[
    'original-host',
    'original-method',
    'original-path',
    'overloaded',
    'peer-metadata',
    'peer-metadata-id',
    'rate-limited',
    'ratelimited',
  ],
  ...['upstream-canary', 'upstream-host-address', 'upstream-host-name', 'upstream-service-time'],
];

/** Whoever comes to a gateway from outside is none of the mesh's proxies. */
export const headersOfGateways = ({ compatibility }: Compatible): readonly string[] =>
  compatibility === 'istio' ? [] : [...saidByProxies, ...saidInside].map((name) => `x-envoy-${name}`);
