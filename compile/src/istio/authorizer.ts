/** External authorizers of the mesh's settings, with their services looked up (Istio's `LookupCluster` and `buildExtAuthz...`). */
import { type ExtensionProvider, type HttpAuthorization, parseDuration, providerFaults } from '@weft/model';
import type { ExternalAuthorizer, HeaderNames, Service } from '../mesh/index.ts';

/** Istio's: long, so that slow authorizers are not taken for absent ones. */
const defaultTimeout = 600_000;

const headerNames = (names: readonly string[] = []): HeaderNames =>
  names.map((name) => {
    if (name.startsWith('*')) return { kind: 'suffix', value: name.slice(1) };
    return name.endsWith('*') ? { kind: 'prefix', value: name.slice(0, -1) } : { kind: 'exact', value: name };
  });

const byName = (a: readonly [string, string], b: readonly [string, string]): number => (a[0] < b[0] ? -1 : 1);

const httpOf = (http: HttpAuthorization) => ({
  pathPrefix: http.pathPrefix ?? '',
  requestHeaders: headerNames(http.includeRequestHeadersInCheck?.length ? http.includeRequestHeadersInCheck : http.includeHeadersInCheck),
  addedHeaders: Object.fromEntries(Object.entries(http.includeAdditionalHeadersInCheck ?? {}).sort(byName)),
  headersToUpstream: headerNames(http.headersToUpstreamOnAllow),
  headersToDownstreamOnAllow: headerNames(http.headersToDownstreamOnAllow),
  headersToDownstreamOnDeny: headerNames(http.headersToDownstreamOnDeny),
});

/** `namespace/host`, or a host that only one namespace has. */
export const serviceNamed = (
  { service = '', port }: { readonly service?: string; readonly port?: number },
  servicesAt: (host: string) => readonly Service[],
): Service | undefined => {
  const slash = service.indexOf('/');
  const host = service.slice(slash + 1).toLowerCase();
  const found = servicesAt(host).filter(({ namespace }) => slash < 0 || namespace === service.slice(0, slash));
  const [only, ...others] = found;
  return only && others.length === 0 && only.ports.some(({ number }) => number === port) ? only : undefined;
};

export const serviceOfProvider = (
  { envoyExtAuthzGrpc, envoyExtAuthzHttp }: ExtensionProvider,
  servicesAt: (host: string) => readonly Service[],
): Service | undefined => serviceNamed(envoyExtAuthzGrpc ?? envoyExtAuthzHttp ?? {}, servicesAt);

/** @returns `undefined` where nobody can be asked: there is no such service, or the provider is broken [S110] */
export const authorizerOf = (provider: ExtensionProvider, service: Service | undefined): ExternalAuthorizer | undefined => {
  const { name = '', envoyExtAuthzGrpc: grpc, envoyExtAuthzHttp: http } = provider;
  const settings = grpc ?? http;
  const [fault] = providerFaults(provider, '');
  if (!settings || !service || fault) return undefined;
  const { timeout, port = 0, failOpen = false, clearRouteCache = false, statusOnError, includeRequestBodyInCheck: body } = settings;
  const common = {
    name,
    host: service.hostname,
    port,
    timeout: parseDuration(timeout ?? '') ?? defaultTimeout,
    failOpen,
    clearRouteCache,
    ...(statusOnError && { statusOnError: Number(statusOnError) }),
    ...(body && {
      body: { maxBytes: body.maxRequestBytes ?? 0, partial: body.allowPartialMessage ?? false, asBytes: body.packAsBytes ?? false },
    }),
  };
  return http ? { kind: 'http', ...common, ...httpOf(http) } : { kind: 'grpc', ...common };
};
