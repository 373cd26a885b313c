/** DestinationRules whose TLS the servers refuse, as PeerAuthentication has it [S90, S91, S93]. */
import { type DestinationRuleSpec, doubtful, type Problem, type Resource } from '@weft/model';
import { peerModes } from '../istio/peer-authentication.ts';
import { workloadIndex } from '../kubernetes/selector.ts';
import { expandHost, isHttp, isWildcard, type Mesh, type MtlsMode, modeOf, type Service, selects, type Workload } from '../mesh/index.ts';
import { workloadPort } from '../passes/endpoints.ts';
import { servicesOf } from './destination-rule.ts';
import type { Facts, ObjectCheck } from './facts.ts';
import { type Block, blocksOf } from './traffic-policy.ts';

type Rule = Resource<DestinationRuleSpec>;
type Tls = NonNullable<Block['settings']['tls']>['mode'];

const tlsKnown = new WeakMap<Rule, boolean>();

const hasTls = (rule: Rule): boolean => {
  const has = tlsKnown.get(rule) ?? blocksOf(rule, []).some(({ settings }) => settings.tls !== undefined);
  tlsKnown.set(rule, has);
  return has;
};

/** Instances with a sidecar that the service selects. */
export const runningOf = (mesh: Mesh, service: Service): readonly Workload[] => {
  const selector = mesh.backends.get(service.key)?.selector;
  const index = mesh.memo('running by label', [mesh.workloads], () => workloadIndex(mesh.workloads.values()));
  return selector ? index.select(service.namespace, selector).filter(({ sidecar }) => sidecar) : [];
};

/** Why servers of this mode refuse such clients; undefined: they do not. */
const refusal = (tls: Tls, mode: MtlsMode, http: boolean): string | undefined => {
  if (tls === 'ISTIO_MUTUAL')
    return mode === 'DISABLE' ? 'are DISABLE, and hand what comes in mutual TLS to the application unopened' : undefined;
  if (mode === 'STRICT')
    return tls === 'DISABLE' ? 'are STRICT, and reset what comes without TLS' : "are STRICT, and take no TLS but the mesh's";
  return tls !== 'DISABLE' && mode === 'PERMISSIVE' && http ? "are declared HTTP, and take no TLS but the mesh's" : undefined;
};

interface Refused {
  readonly port: number;
  readonly why: string;
  /** Of how many servers. */
  readonly by: number;
  readonly of: number;
}

const refusedBy = ({ path, settings, ports }: Block, rule: Rule, facts: Facts): readonly Refused[] => {
  const tls = settings.tls;
  if (!tls) return [];
  const { mesh } = facts;
  const subset = /^spec\.subsets\[(\d+)\]/.exec(path)?.[1];
  const labels = subset === undefined ? {} : (rule.spec.subsets?.[Number(subset)]?.labels ?? {});
  return servicesOf(rule, facts).flatMap((service) =>
    ports
      .filter((port) => service.ports.includes(port))
      .flatMap((port): readonly Refused[] => {
        const servers = runningOf(mesh, service).filter((workload) => selects(labels, workload.labels));
        const target = mesh.backends.get(service.key)?.targets.get(port.number) ?? port.number;
        const reasons = servers.flatMap((workload) => {
          const modes = peerModes(mesh.peers, mesh.rules.rootNamespace, workload);
          return refusal(tls.mode ?? 'DISABLE', modeOf(modes, workloadPort(workload, port, target) ?? 0), isHttp(port.protocol)) ?? [];
        });
        const [why] = reasons;
        return why === undefined ? [] : [{ port: port.number, why, by: reasons.length, of: servers.length }];
      }),
  );
};

const remedies: Readonly<Record<NonNullable<Tls>, string>> = {
  DISABLE: 'Remove `tls`, or let a PeerAuthentication be PERMISSIVE there.',
  SIMPLE: 'Remove `tls`: the proxies use mutual TLS by themselves.',
  MUTUAL: 'Remove `tls`: the proxies use mutual TLS by themselves.',
  ISTIO_MUTUAL: 'Remove `tls`, or the PeerAuthentication that is DISABLE.',
};

const problemOf = (block: Block, rule: Rule, facts: Facts): readonly Problem[] =>
  refusedBy(block, rule, facts)
    .slice(0, 1)
    .map(({ port, why, by, of }) => {
      const mode = block.settings.tls?.mode ?? 'DISABLE';
      const who = by === of ? 'the servers' : `${by} of the ${of} servers`;
      return doubtful('WEFT0208', `${block.path}.tls.mode`, [
        `\`${mode}\` cannot work: ${who} of \`${rule.spec.host}\`, port ${port}, ${why}`,
        remedies[mode],
      ]);
    });

export const ruleTls: ObjectCheck<'DestinationRule'> = {
  kind: 'DestinationRule',
  about: 'TLS of DestinationRules',
  reads: ['services', 'backends', 'workloads', 'peers'],
  hosts: (rule) => {
    const host = expandHost(rule.spec.host, rule.metadata.namespace);
    return isWildcard(host) ? undefined : [host];
  },
  depends: (rule, facts) => {
    if (!hasTls(rule)) return [];
    const { mesh } = facts;
    return [mesh.peers, mesh.rules, ...servicesOf(rule, facts).flatMap((service) => [service, ...runningOf(mesh, service)])];
  },
  problems: (rule, facts) =>
    hasTls(rule) ? blocksOf(rule, servicesOf(rule, facts)).flatMap((block) => problemOf(block, rule, facts)) : [],
};
