/** Gateways that claim the same: hosts whose routes are merged, and servers that one port cannot have both of. */
import { against, doubtful, type Problem, wrong } from '@weft/model';
import { type Gateway, type GatewayListener, intersection, type Labels } from '../mesh/index.ts';
import { type Conflict, gatewaysOf, mergeGateways } from '../scope/gateway-listeners.ts';
import { sharesCertificate } from './credential.ts';
import { type Facts, objectAt, type Wanted } from './facts.ts';

const rivalHost = (a: GatewayListener, b: GatewayListener): string | undefined => {
  if (a.port !== b.port || a.bind !== b.bind || a.content !== 'http' || b.content !== 'http' || a.tls || b.tls) return undefined;
  for (const one of a.hosts) {
    for (const other of b.hosts) {
      const sameOwner = one.namespace === '*' || other.namespace === '*' || one.namespace === other.namespace;
      if (sameOwner && one.host === other.host && intersection(one.host, other.host)) return one.host;
    }
  }
  return undefined;
};

const written = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort());

/** Routes that are merged with an older Gateway's. */
const merged = (own: Gateway, older: readonly Gateway[]): readonly Problem[] =>
  older.flatMap((other) =>
    other.listeners.flatMap((theirs) =>
      own.listeners.flatMap((ours) => {
        const host = rivalHost(ours, theirs);
        if (host === undefined) return [];
        return [
          against(
            objectAt('Gateway', other.key),
            doubtful('IST0145', 'spec.servers', [
              `Gateway \`${other.key}\` also serves host \`${host}\` on port ${ours.port}: the routes of both are merged`,
              'Let one Gateway own the host.',
            ]),
          ),
        ];
      }),
    ),
  );

const shared = (own: Gateway, older: readonly Gateway[]): readonly Problem[] =>
  older
    .filter((other) => sharesCertificate(own, other))
    .map((other) =>
      against(
        objectAt('Gateway', other.key),
        doubtful('IST0138', 'spec.servers', [
          `Gateway \`${other.key}\` shows the same certificate: clients use one connection for the hosts of both, and get 404`,
          'Put the servers into one Gateway, or give each its own certificate.',
        ]),
      ),
    );

const leftOut = ({ loser, winner, hosts }: Conflict): Problem => {
  const { listener, gateway } = loser;
  const index = gateway.listeners.indexOf(listener);
  const whose = winner.gateway === gateway ? 'an earlier server' : `Gateway \`${winner.gateway.key}\``;
  const problem = wrong(
    'IST0145',
    `spec.servers[${index}]`,
    hosts.length > 0
      ? [
          `${whose} has ${hosts.map((host) => `\`${host}\``).join(', ')} on port ${listener.port}: this server is left out`,
          'Let one server own the host.',
        ]
      : [
          `${whose} has port ${listener.port} for ${winner.listener.protocol}: this server of ${listener.protocol} is left out`,
          'Give it another port.',
        ],
  );
  const part: Problem = { ...problem, part: true };
  return winner.gateway === gateway ? part : against(objectAt('Gateway', winner.gateway.key), part);
};

/** @param pods that the Gateway selects */
export const conflicts = (own: Gateway, pods: readonly Wanted[], { mesh }: Facts): readonly Problem[] => {
  const { gateways } = mesh;
  const older = gateways.slice(0, gateways.indexOf(own)).filter((other) => written(own.selector) === written(other.selector));
  const found = pods.flatMap((pod) => mergeGateways(mesh, pod, gatewaysOf(mesh, pod.labels)).conflicts);
  const lost = new Map(found.filter(({ loser }) => loser.gateway === own).map((conflict) => [conflict.loser.listener, conflict]));
  return [...merged(own, older), ...shared(own, older), ...[...lost.values()].map(leftOut)];
};
