/**
 * Keeps connections from the application until policies let them pass: who is refused gets not one byte of the server's, and the
 * server sees nothing of it. A network RBAC filter alone does not: it waits for the client's first byte, while the TCP proxy dials
 * at once and passes the server's greeting on [E30].
 *
 * So each connection starts refused: its destination is replaced by an address that nobody has, and restored only when an
 * expression about the peer's verified certificate says so. An expression that fails restores nothing.
 */
import { type Init, typed } from '@weft/envoy';
import type { SubstitutionFormatStringSchema } from '@weft/envoy/gen/envoy/config/core/v3/substitution_format_string_pb.js';
import { type PrincipalSchema, RBAC_Action, type RBACSchema as RulesSchema } from '@weft/envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import type { FilterStateValueSchema } from '@weft/envoy/gen/envoy/extensions/filters/common/set_filter_state/v3/value_pb.js';
import { RBACSchema } from '@weft/envoy/gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.js';
import { ConfigSchema as SetFilterStateSchema } from '@weft/envoy/gen/envoy/extensions/filters/network/set_filter_state/v3/set_filter_state_pb.js';
import { CelSchema } from '@weft/envoy/gen/envoy/extensions/formatter/cel/v3/cel_pb.js';
import type { Formula } from '../mesh/index.ts';
import { expression } from './cel.ts';
import type { Filters } from './filters.ts';

type StateValue = Init<typeof FilterStateValueSchema>;

/** Where a cluster of type ORIGINAL_DST goes in place of the address that was dialled. */
const destination = 'envoy.network.transport_socket.original_dst_address';
/** TCP to the broadcast address fails at once (Linux: ENETUNREACH), and nobody can listen there. */
const nowhere = '255.255.255.255:1';

/** `split` is one of CEL's string functions. */
const celFormatter = typed('envoy.formatter.cel', CelSchema, { celConfig: { enableStringFunctions: true } });

/** What is empty, or could not be made, is not set. */
const state = (key: string, text: string, factoryKey = ''): StateValue => {
  const format: Init<typeof SubstitutionFormatStringSchema> = {
    format: { case: 'textFormatSource', value: { specifier: { case: 'inlineString', value: text } } },
    omitEmptyValues: true,
    formatters: [{ name: celFormatter.name, typedConfig: celFormatter.configType.value }],
  };
  return { key: { case: 'objectKey', value: key }, factoryKey, value: { case: 'formatString', value: format }, skipIfEmpty: true };
};

/** Envoy refuses a listener with an expression of more than 100,000 characters. */
const longest = 95_000;

export const isTooLong = (formula: Formula): boolean => expression(formula).length > longest;

const when = (formula: Formula, value: string): string => `%CEL(${expression(formula)} ? ${value} : "")%`;

/** For clusters that go where the connection was going: nothing else is needed. Without TLS both happen at once, in this order. */
export const destinationGuard = (formula: Formula): Filters => [
  typed('weft.connection.guard', SetFilterStateSchema, {
    onNewConnection: [state(destination, nowhere)],
    onDownstreamTlsHandshake: [state(destination, when(formula, 'destination.address'))],
  }),
];

const marked = 'yes';

/** Marks the connections of which the formula holds. */
export const marking = (mark: string, formula: Formula): Filters[number] =>
  typed(mark, SetFilterStateSchema, { onDownstreamTlsHandshake: [state(mark, when(formula, `"${marked}"`), 'envoy.string')] });

const hasMark = (key: string): Init<typeof PrincipalSchema> => {
  const exact = { matchPattern: { case: 'exact' as const, value: marked } };
  return { identifier: { case: 'filterState', value: { key, matcher: { case: 'stringMatch', value: exact } } } };
};

/** The only rule is called as the mark is. */
export const rulesByMark = (mark: string, action: RBAC_Action): Init<typeof RulesSchema> => ({
  action,
  policies: { [mark]: { permissions: [{ rule: { case: 'any', value: true } }], principals: [hasMark(mark)] } },
});

const mayPass = 'weft.connection.may_pass';

/** For all other clusters: the proxy behind it has to wait for the client's first bytes, which the RBAC filter stops. */
export const wordsGuard = (formula: Formula): Filters => [
  marking(mayPass, formula),
  typed('weft.connection.refusal', RBACSchema, { statPrefix: 'tcp.', rules: rulesByMark(mayPass, RBAC_Action.ALLOW) }),
];
