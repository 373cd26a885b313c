/**
 * What policies ask of requests and no matcher of Envoy's tells: whether a header comes once, and whether anybody said who the client is.
 * For headers, Envoy's matchers compare each of several values alone, so that `user` is found beside `admin`, and none
 * of them counts. But a format takes the first value and an expression all of them, joined: they are the same if there is one.
 */
import { type Init, typed } from '@weft/envoy';
import type { SubstitutionFormatStringSchema } from '@weft/envoy/gen/envoy/config/core/v3/substitution_format_string_pb.js';
import type { PrincipalSchema } from '@weft/envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import type { FilterStateValueSchema } from '@weft/envoy/gen/envoy/extensions/filters/common/set_filter_state/v3/value_pb.js';
import { ConfigSchema as SetFilterStateSchema } from '@weft/envoy/gen/envoy/extensions/filters/http/set_filter_state/v3/set_filter_state_pb.js';
import { CelSchema } from '@weft/envoy/gen/envoy/extensions/formatter/cel/v3/cel_pb.js';
import { type AuthorizationPolicy, askedIn, type Test } from '../mesh/index.ts';
import { literal } from './cel.ts';
import { type Extension, extension } from './extensions.ts';

const celFormatter = typed('envoy.formatter.cel', CelSchema, {});

const first = (header: string): string => `weft.header.first.${header}`;
const once = (header: string): string => `weft.header.once.${header}`;

const state = (key: string, text: string): Init<typeof FilterStateValueSchema> => {
  const format: Init<typeof SubstitutionFormatStringSchema> = {
    format: { case: 'textFormatSource', value: { specifier: { case: 'inlineString', value: text } } },
    omitEmptyValues: true,
    formatters: [{ name: celFormatter.name, typedConfig: celFormatter.configType.value }],
  };
  return { key: { case: 'objectKey', value: key }, factoryKey: 'envoy.string', value: { case: 'formatString', value: format } };
};

/** The filter state of formats is bytes, and so nothing is lost of a value that is no text. */
const statesOf = (header: string) => [
  state(first(header), `%REQ(${header})%`),
  state(once(header), `%CEL(bytes(request.headers[${literal(header)}]) == filter_state[${literal(first(header))}])%`),
];

const headerOf = (test: Test): readonly string[] => (test.kind === 'header' && test.once ? [test.name] : []);

const headersOf = (policy: AuthorizationPolicy): readonly string[] => askedIn(policy).flatMap(({ test }) => headerOf(test));

const headerStates = (policies: readonly AuthorizationPolicy[]) => [...new Set(policies.flatMap(headersOf))].sort().flatMap(statesOf);

const isAskedForClients = (policy: AuthorizationPolicy): boolean =>
  askedIn(policy).some(({ test }) => test.kind === 'remote-ip' && test.unread);

/** An address that a header says has no port; that of a connection has one. */
const clientPort = 'weft.client.port';
const clientStates = (policies: readonly AuthorizationPolicy[]) =>
  policies.some(isAskedForClients) ? [state(clientPort, '%DOWNSTREAM_REMOTE_PORT%')] : [];

/** Stands before the filters that ask. @param name no other filter's of the chain */
export const stateFilters = (name: string, policies: readonly AuthorizationPolicy[]): readonly Extension[] => {
  const states = [...headerStates(policies), ...clientStates(policies)];
  return states.length === 0 ? [] : [extension(name, SetFilterStateSchema, { onRequestHeaders: states })];
};

const stateIs = (key: string, text: string): Init<typeof PrincipalSchema> => {
  const exact = { matchPattern: { case: 'exact' as const, value: text } };
  return { identifier: { case: 'filterState', value: { key, matcher: { case: 'stringMatch', value: exact } } } };
};

export const comesOnce = (header: string): Init<typeof PrincipalSchema> => stateIs(once(header), 'true');

/** The proxies that are trusted say an address. */
export const clientIsRead: Init<typeof PrincipalSchema> = stateIs(clientPort, '0');
