/** Policies that do not fit the ports that they are for. */
import {
  type DestinationRuleSpec,
  doubtful,
  type PolicyBlocks,
  type Problem,
  type Resource,
  type TrafficPolicySettings,
} from '@weft/model';
import { expandHost, isExported, isHttp, type Service, type ServicePort } from '../mesh/index.ts';
import { gatewaysOf } from '../scope/gateway-listeners.ts';
import type { Facts, Wanted } from './facts.ts';

/** Blocks, and the ports that they are for. */
export interface Block {
  readonly path: string;
  readonly settings: TrafficPolicySettings | PolicyBlocks;
  readonly ports: readonly ServicePort[];
}

const carried = (services: readonly Service[]): readonly ServicePort[] =>
  services.flatMap(({ ports }) => ports.filter(({ protocol }) => protocol !== 'udp'));

export const blocksOf = ({ spec }: Resource<DestinationRuleSpec>, services: readonly Service[]): readonly Block[] => {
  const policies = [
    { path: 'spec.trafficPolicy', policy: spec.trafficPolicy },
    ...(spec.subsets ?? []).map(({ trafficPolicy }, i) => ({ path: `spec.subsets[${i}].trafficPolicy`, policy: trafficPolicy })),
  ];
  const ports = carried(services);
  return policies.flatMap(({ path, policy }): readonly Block[] => {
    if (!policy) return [];
    const own = policy.portLevelSettings ?? [];
    const isOwn = ({ number }: ServicePort) => own.some(({ port }) => port?.number === number);
    const ofPorts = own.map((settings, i) => ({
      path: `${path}.portLevelSettings[${i}]`,
      settings,
      ports: ports.filter(({ number }) => number === settings.port?.number),
    }));
    return [{ path, settings: policy, ports: ports.filter((port) => !isOwn(port)) }, ...ofPorts];
  });
};

/** Sniffed connections may be HTTP. */
const isBytes = ({ protocol }: ServicePort): boolean => !isHttp(protocol) && protocol !== 'auto';

const list = (ports: readonly ServicePort[]): string => [...new Set(ports.map(({ number }) => number))].join(', ');

/** HTTP brings the server's name; bytes do not, and every certificate of the authority would do [S77]. */
const nameless = ({ path, settings: { tls }, ports }: Block): readonly Problem[] => {
  const bytes = ports.filter(isBytes);
  const verifies = (tls?.mode === 'SIMPLE' || tls?.mode === 'MUTUAL') && !tls.insecureSkipVerify && !tls.subjectAltNames?.length;
  if (!verifies || bytes.length === 0) return [];
  return [
    doubtful('IST0133', `${path}.tls`, [
      `port ${list(bytes)} carries no HTTP, so nothing says which name the server's certificate must have: any will do`,
      'Add `sni` and `subjectAltNames`.',
    ]),
  ];
};

const unhashed = ({ path, settings: { loadBalancer }, ports }: Block): readonly Problem[] => {
  const hash = loadBalancer?.consistentHash;
  const bytes = ports.filter(isBytes);
  const ofHttp = hash?.httpHeaderName || hash?.httpCookie || hash?.httpQueryParameterName;
  if (!ofHttp || bytes.length === 0) return [];
  return [
    doubtful('IST0133', `${path}.loadBalancer.consistentHash`, [
      `port ${list(bytes)} carries no HTTP: its connections are spread at random`,
      'Use `useSourceIp: true` for it, under `portLevelSettings`.',
    ]),
  ];
};

const untunnelled = ({ path, settings, ports }: Block): readonly Problem[] => {
  const isIdle = 'tunnel' in settings && ports.length > 0 && ports.every(({ protocol }) => isHttp(protocol));
  return isIdle
    ? [doubtful('IST0133', `${path}.tunnel`, ['every port is HTTP, which no tunnel takes', 'Name a port `tcp` or `tls`, or remove it.'])]
    : [];
};

/** Workloads that some Gateway makes use of, whose namespace sees the rule and a service that it is for. */
const takers = (rule: Resource<DestinationRuleSpec>, services: readonly Service[], facts: Facts): readonly Wanted[] => {
  const { namespace } = rule.metadata;
  const known = facts.rulesFor(expandHost(rule.spec.host, namespace)).find((other) => other.namespace === namespace);
  const seen = [...(known ? [known] : []), ...services];
  return facts.everyWanted.filter(
    (workload) =>
      gatewaysOf(facts.mesh, workload.labels).length > 0 &&
      seen.every(({ exportTo, namespace: owner }) => isExported(exportTo, owner, workload.namespace)),
  );
};

export const usesSecret = (rule: Resource<DestinationRuleSpec>): boolean =>
  blocksOf(rule, []).some(({ settings: { tls } }) => Boolean(tls?.credentialName));

/** Sidecars that the rule does not select have no Secrets [S76]. */
const unsecret = (
  { path, settings: { tls } }: Block,
  rule: Resource<DestinationRuleSpec>,
  gateways: readonly Wanted[],
): readonly Problem[] => {
  const isSelected = Object.keys(rule.spec.workloadSelector?.matchLabels ?? {}).length > 0;
  if (!tls?.credentialName || isSelected || gateways.length > 0) return [];
  return [
    doubtful('IST0133', `${path}.tls.credentialName`, [
      'only gateways take it, and none sees this rule and its service: every request fails with 503',
      'Add a `workloadSelector` for the sidecars that may use the Secret.',
    ]),
  ];
};

export const policyProblems = (rule: Resource<DestinationRuleSpec>, services: readonly Service[], facts: Facts): readonly Problem[] => {
  const gateways = usesSecret(rule) ? takers(rule, services, facts) : [];
  return blocksOf(rule, services).flatMap((block) => [
    ...nameless(block),
    ...unhashed(block),
    ...untunnelled(block),
    ...unsecret(block, rule, gateways),
  ]);
};
