/** The mesh's `extensionProviders`: external authorizers, which CUSTOM policies name, and where telemetry goes. */
import { parseDuration } from '../duration.ts';
import type { Problem } from '../problem.ts';
import { ineffective, invalid, isPort, portHelp } from '../rule.ts';
import { isHeaderName } from '../text/header.ts';
import { childPath } from '../yaml/json.ts';
import { builtInProviders, type TelemetryProvider, telemetryFaults } from './telemetry-provider.ts';

interface ExternalAuthorization {
  readonly service?: string;
  readonly port?: number;
  readonly timeout?: string;
  readonly failOpen?: boolean;
  readonly clearRouteCache?: boolean;
  readonly statusOnError?: string;
  readonly includeRequestBodyInCheck?: {
    readonly maxRequestBytes?: number;
    readonly allowPartialMessage?: boolean;
    readonly packAsBytes?: boolean;
  };
}

export interface HttpAuthorization extends ExternalAuthorization {
  readonly pathPrefix?: string;
  readonly includeHeadersInCheck?: readonly string[];
  readonly includeRequestHeadersInCheck?: readonly string[];
  readonly includeAdditionalHeadersInCheck?: Readonly<Record<string, string>>;
  readonly headersToUpstreamOnAllow?: readonly string[];
  readonly headersToDownstreamOnDeny?: readonly string[];
  readonly headersToDownstreamOnAllow?: readonly string[];
}

export interface ExtensionProvider extends TelemetryProvider {
  readonly name?: string;
  readonly envoyExtAuthzHttp?: HttpAuthorization;
  readonly envoyExtAuthzGrpc?: ExternalAuthorization;
}

/** Codes that Envoy can answer with (`envoy.type.v3.StatusCode`), by hundreds. */
const codes: Readonly<Record<string, string>> = {
  '1': '00',
  '2': '00 01 02 03 04 05 06 07 08 26',
  '3': '00 01 02 03 04 05 07 08',
  '4': '00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16 17 21 22 23 24 26 28 29 31',
  '5': '00 01 02 03 04 05 06 07 08 10 11',
};

const isCode = (text: string): boolean => /^[1-5]\d\d$/.test(text) && (codes[text.slice(0, 1)] ?? '').split(' ').includes(text.slice(1));

/** Fields with patterns of header names. */
const headerLists = [
  'includeHeadersInCheck',
  'includeRequestHeadersInCheck',
  'headersToUpstreamOnAllow',
  'headersToDownstreamOnDeny',
  'headersToDownstreamOnAllow',
] as const;

function* checkHeaders(provider: HttpAuthorization, path: string): Iterable<Problem> {
  for (const field of headerLists) {
    for (const [index, name] of (provider[field] ?? []).entries()) {
      if (name === '*' || name === '')
        yield invalid(`${path}.${field}[${index}]`, 'every header at once cannot be named', 'Write names, `prefix*` or `*suffix`.');
    }
  }
  for (const name of Object.keys(provider.includeAdditionalHeadersInCheck ?? {})) {
    if (!isHeaderName(name) || name.toLowerCase() === 'host')
      yield invalid(
        childPath(`${path}.includeAdditionalHeadersInCheck`, name),
        `\`${name.slice(0, 80)}\` is no header that can be added`,
        'Use letters, digits and `-`.',
      );
  }
}

function* checkCommon(provider: ExternalAuthorization, path: string): Iterable<Problem> {
  if (!provider.service) yield invalid(`${path}.service`, 'names nobody to ask', 'Write the host of a service of the mesh.');
  if (!isPort(provider.port)) yield invalid(`${path}.port`, `${provider.port ?? 'nothing'} is no port`, portHelp);
  if (provider.statusOnError && !isCode(provider.statusOnError))
    yield invalid(
      `${path}.statusOnError`,
      `\`${provider.statusOnError.slice(0, 40)}\` is no status that Envoy answers with`,
      'Write one like 403 or 503.',
    );
  const body = provider.includeRequestBodyInCheck;
  if (body && !(body.maxRequestBytes && body.maxRequestBytes < 2 ** 32))
    yield invalid(`${path}.includeRequestBodyInCheck.maxRequestBytes`, 'says how much of the body to send', 'Write a number of bytes.');
  if (provider.timeout !== undefined && parseDuration(provider.timeout) === undefined)
    yield invalid(`${path}.timeout`, `\`${provider.timeout.slice(0, 40)}\` is no duration`, 'Write for example `0.5s`.');
}

/** What makes nobody answer to this name. */
export function* providerFaults({ envoyExtAuthzHttp: http, envoyExtAuthzGrpc: grpc }: ExtensionProvider, path: string): Iterable<Problem> {
  if (grpc) yield* checkCommon(grpc, `${path}.envoyExtAuthzGrpc`);
  if (!http) return;
  const at = `${path}.envoyExtAuthzHttp`;
  yield* checkCommon(http, at);
  yield* checkHeaders(http, at);
  if (http.pathPrefix && !http.pathPrefix.startsWith('/'))
    yield invalid(`${at}.pathPrefix`, 'a path begins with `/`', 'Begin it with `/`.');
}

/** A broken one is a part: the rest of the settings holds, and policies that name it refuse what they match [S110]. */
export function* checkProviders(providers: readonly ExtensionProvider[] | undefined, path: string): Iterable<Problem> {
  const seen = new Set<string>();
  for (const [index, provider] of (providers ?? []).entries()) {
    const at = `${path}[${index}]`;
    const { name = '', envoyExtAuthzGrpc: grpc, envoyExtAuthzHttp: http } = provider;
    const told = telemetryFaults(provider, at);
    if (!grpc && !http && !told) {
      yield ineffective(
        at,
        `provider \`${name.slice(0, 80)}\` has no effect: nothing here speaks with it`,
        'Send spans to `opentelemetry` or `zipkin`, and logs to `envoyOtelAls`, `envoyHttpAls`, `envoyTcpAls` or `envoyFileAccessLog`.',
      );
      continue;
    }
    const faults = [...providerFaults(provider, at), ...(told ?? [])];
    if (name === '') faults.push(invalid(`${at}.name`, 'a provider without name', 'Name it: policies call it by its name.'));
    else if (name === builtInProviders.own) faults.push(invalid(`${at}.name`, '`weft` is the mesh’s own', 'Rename it.'));
    else if (seen.has(name)) faults.push(invalid(`${at}.name`, `\`${name.slice(0, 80)}\` stands twice; the first counts`, 'Rename one.'));
    seen.add(name);
    for (const fault of faults) yield fault.severity === 'error' ? { ...fault, part: true } : fault;
  }
}
