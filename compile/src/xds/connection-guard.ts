/**
 * Keeps connections from the application until policies let them pass: who is refused gets not one byte of the server's, and the
 * server sees nothing of it. A network RBAC filter alone does not: it waits for the client's first byte, while the TCP proxy dials
 * at once and passes the server's greeting on [E30].
 *
 * So each connection starts refused: its destination is replaced by an address that nobody has, and restored only when an
 * expression about the peer's verified certificate says so. An expression that fails restores nothing.
 */
import { blackHoleCluster, type Init, typed } from '@weft/envoy';
import { RBAC_Action, type RBACSchema as RulesSchema } from '@weft/envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import { RBACSchema } from '@weft/envoy/gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.js';
import { ConfigSchema as SetFilterStateSchema } from '@weft/envoy/gen/envoy/extensions/filters/network/set_filter_state/v3/set_filter_state_pb.js';
import type { ConnectionVerdict, Formula } from '../mesh/index.ts';
import { hasMark, mark, mayPassKey, mayPassNow, refused, type StateValue, state, verdicts, when } from './connection-verdict.ts';
import { type Filters, type Told, tcpProxy } from './filters.ts';

/** Where a cluster of type ORIGINAL_DST goes in place of the address that was dialled. */
const destination = 'envoy.network.transport_socket.original_dst_address';
/** TCP to the broadcast address fails at once (Linux: ENETUNREACH), and nobody can listen there. */
const nowhere = '255.255.255.255:1';

const setting = (name: string, first: readonly StateValue[], shown: readonly StateValue[]) =>
  typed(name, SetFilterStateSchema, { onNewConnection: [...first], onDownstreamTlsHandshake: [...shown] });

const guard = 'weft.connection.guard';

/** For clusters that go where the connection was going: nothing else is needed. Without TLS both happen at once, in this order. */
export const destinationGuard = ({ mayPass, refusals }: ConnectionVerdict): Filters => {
  const { first, shown } = verdicts(mayPass, refusals);
  const restored = state(destination, when(mayPassNow, 'destination.address'), '');
  return [setting(guard, [state(destination, nowhere, ''), ...first], [...shown, restored])];
};

/** Marks the connections of which the formula holds. */
export const marking = (key: string, formula: Formula): Filters[number] => setting(key, [], [mark(key, formula)]);

/** The only rule is called as the mark is. */
export const rulesByMark = (key: string, action: RBAC_Action): Init<typeof RulesSchema> => ({
  action,
  policies: { [key]: { permissions: [{ rule: { case: 'any', value: true } }], principals: [hasMark(key)] } },
});

/** For all other clusters: the proxy behind it has to wait for the client's first bytes, which the RBAC filter stops. */
export const wordsGuard = ({ mayPass, refusals }: ConnectionVerdict): Filters => {
  const { first, shown } = verdicts(mayPass, refusals);
  const rules = rulesByMark(mayPassKey, RBAC_Action.ALLOW);
  return [setting(guard, first, shown), typed('weft.connection.refusal', RBACSchema, { statPrefix: 'tcp.', rules })];
};

/** Whom nobody passes, and what is told of it. */
export interface Refused {
  readonly identified: boolean;
  readonly told: Told;
}

const refusing = (first: readonly StateValue[], shown: readonly StateValue[], { identified, told }: Refused): Filters => [
  setting(guard, first, shown),
  // Who it is shows when its handshake is over.
  tcpProxy(
    blackHoleCluster,
    { watch: identified ? 'served by mutual TLS' : 'served in plaintext', ...told },
    identified ? 'handshake' : undefined,
  ),
];

/** Nobody passes, whoever comes. */
export const refusal = ({ mayPass, refusals }: ConnectionVerdict, whom: Refused): Filters => {
  const { first, shown } = verdicts(mayPass, refusals);
  return refusing(first, shown, whom);
};

/** Nobody passes, since nothing can be known of who comes. */
export const blindRefusal = (reason: string, whom: Refused): Filters => refusing(refused(reason), [], whom);
