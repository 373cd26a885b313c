/** Whether a namespace can demand mutual TLS: modes in force beside who came, and by what their connections were protected. */
import type { Finding, MtlsMode, PortMode, WorkloadModes, WrittenObject } from '@weft/model';
import type { Arrivals } from './arrivals.ts';

/** Somebody who comes without the mesh's mutual TLS. */
export interface PlainClient {
  /** `namespace/workload` of the pod that had the address; absent: none that runs. */
  readonly workload?: string;
  readonly address: string;
  readonly count: number;
  readonly last: number;
  /** It was refused already. */
  readonly refused: boolean;
  /** It has a proxy, and comes in plaintext because the port demands it (DISABLE): it would come by mutual TLS if that were demanded. */
  readonly adapts: boolean;
}

/** A pod, as far as it may be somebody's client. */
export interface ClientPod {
  /** `namespace/workload` */
  readonly workload: string;
  readonly addresses: readonly string[];
  readonly proxy: WorkloadModes['proxy'];
  /** Unix milliseconds: what came from its address before was somebody else's. */
  readonly since: number;
}

/**
 * What STRICT would do, as far as the window shows: `breaks` these clients; `safe`: all came by mutual TLS; `unseen`: nobody came, which
 * proves nothing; `strict`: it is in force.
 */
export type StrictForecast = 'strict' | 'safe' | 'breaks' | 'unseen';

export interface PortMtls extends PortMode {
  readonly mutual: number;
  readonly plaintext: number;
  readonly refused: number;
  /** Of those that were served, 0 to 1; absent: none were. */
  readonly plaintextShare?: number;
  readonly clients: readonly PlainClient[];
  readonly forecast: StrictForecast;
}

export interface WorkloadMtls extends Pick<WorkloadModes, 'namespace' | 'workload' | 'proxy'> {
  readonly ports: readonly PortMtls[];
}

export interface Watched {
  /** Unix milliseconds. */
  readonly from: number;
  readonly to: number;
}

export interface MtlsReport {
  readonly window: Watched;
  /** Of the oldest record that is kept; where that is after the window's begin, nothing is known of what was before. */
  readonly knownSince?: number;
  readonly workloads: readonly WorkloadMtls[];
}

/** What demanding mutual TLS in a namespace would do, and the object that does it. */
export interface StrictPlan extends MtlsReport {
  readonly namespace: string;
  readonly manifest: WrittenObject;
  /** Ports that would become STRICT, with what is known of who comes to them. */
  readonly changes: readonly WorkloadMtls[];
  /** Ports that would not, since an object of their own says otherwise. */
  readonly exceptions: readonly WorkloadMtls[];
  readonly findings: readonly Finding[];
  /** `breaks`: somebody would be refused; `unproven`: nobody was seen at some port; `safe`: all who came would still be served. */
  readonly verdict: 'breaks' | 'unproven' | 'safe';
}

const sum = (arrivals: readonly Arrivals[], protection: Arrivals['protection']): number =>
  arrivals.reduce((all, one) => (one.protection === protection ? all + one.count : all), 0);

type WhoseAddress = (address: string, at: number) => ClientPod | undefined;

const ownerOf = (pods: readonly ClientPod[]): WhoseAddress => {
  const byAddress = new Map(pods.flatMap((pod) => pod.addresses.map((address) => [address, pod] as const)));
  return (address, at) => {
    const pod = byAddress.get(address);
    return pod && pod.since <= at ? pod : undefined;
  };
};

const clientsOf = (arrivals: readonly Arrivals[], mode: MtlsMode, whose: WhoseAddress): readonly PlainClient[] => {
  const plain = arrivals.filter(({ protection }) => protection !== 'mutual TLS');
  const byClient = Map.groupBy(plain, ({ address, protection }) => `${address} ${protection}`);
  return [...byClient.values()]
    .map((all): PlainClient => {
      const { address = '', protection } = all[0] ?? {};
      const last = Math.max(...all.map((one) => one.last));
      const pod = whose(address, last);
      return {
        ...(pod && { workload: pod.workload }),
        ...{ address, last, refused: protection === 'refused' },
        count: all.reduce((count, one) => count + one.count, 0),
        adapts: mode === 'DISABLE' && pod !== undefined && pod.proxy !== 'none',
      };
    })
    .sort((a, b) => b.count - a.count);
};

const forecastOf = (mode: MtlsMode, served: number, clients: readonly PlainClient[]): StrictForecast => {
  if (mode === 'STRICT') return 'strict';
  return clients.some(({ refused, adapts }) => !refused && !adapts) ? 'breaks' : served > 0 ? 'safe' : 'unseen';
};

/** Arrivals at ports that nobody lists belong to the line for all others. */
const portOf = (mode: PortMode, { ports }: WorkloadModes, arrivals: readonly Arrivals[], whose: WhoseAddress): PortMtls => {
  const listed = new Set(ports.map(({ port }) => port));
  const own = arrivals.filter(({ port }) => (mode.port === undefined ? !listed.has(port) : port === mode.port));
  const [mutual, plaintext, refused] = [sum(own, 'mutual TLS'), sum(own, 'plaintext'), sum(own, 'refused')];
  const served = mutual + plaintext;
  const clients = clientsOf(own, mode.mode, whose);
  return {
    ...mode,
    ...{ mutual, plaintext, refused },
    ...(served > 0 && { plaintextShare: plaintext / served }),
    clients,
    forecast: forecastOf(mode.mode, served, clients),
  };
};

export interface Came {
  readonly arrivals: readonly Arrivals[];
  readonly pods: readonly ClientPod[];
  readonly window: Watched;
  readonly knownSince?: number;
}

const workloadsWith = (modes: readonly WorkloadModes[], { arrivals, pods }: Came): readonly WorkloadMtls[] => {
  const whose = ownerOf(pods);
  const byWorkload = Map.groupBy(arrivals, ({ namespace, workload }) => `${namespace}/${workload}`);
  return modes.map((one) => {
    const { namespace, workload, proxy, ports } = one;
    const own = byWorkload.get(`${namespace}/${workload}`) ?? [];
    return { namespace, workload, proxy, ports: ports.map((port) => portOf(port, one, own, whose)) };
  });
};

export const mtlsReport = (modes: readonly WorkloadModes[], came: Came): MtlsReport => {
  const { window, knownSince } = came;
  return { window, ...(knownSince !== undefined && { knownSince }), workloads: workloadsWith(modes, came) };
};

const withPorts = (workloads: readonly WorkloadMtls[], has: (port: PortMtls, of: WorkloadMtls) => boolean): readonly WorkloadMtls[] =>
  workloads.map((one) => ({ ...one, ports: one.ports.filter((port) => has(port, one)) })).filter(({ ports }) => ports.length > 0);

const isOther = ({ port, forecast }: PortMtls): boolean => port === undefined && forecast === 'unseen';

export interface StrictInput {
  readonly namespace: string;
  readonly before: readonly WorkloadModes[];
  readonly after: readonly WorkloadModes[];
  readonly manifest: WrittenObject;
  readonly findings: readonly Finding[];
}

/** From what would be in force then, and who came until now. */
export const strictPlan = ({ namespace, before, after, manifest, findings }: StrictInput, came: Came): StrictPlan => {
  const report = mtlsReport(before, came);
  const then = new Map(after.flatMap((one) => one.ports.map(({ port, mode }) => [`${one.namespace}/${one.workload} ${port}`, mode])));
  const modeThen = (port: PortMtls, of: WorkloadMtls): MtlsMode | undefined => then.get(`${of.namespace}/${of.workload} ${port.port}`);
  const changes = withPorts(report.workloads, (port, of) => port.mode !== 'STRICT' && modeThen(port, of) === 'STRICT');
  const inside = report.workloads.filter((one) => one.namespace === namespace);
  const exceptions = withPorts(inside, (port, of) => modeThen(port, of) !== 'STRICT');
  // Nobody expects traffic at ports that nobody names.
  const forecasts = changes.flatMap(({ ports }) => ports.filter((port) => !isOther(port)).map(({ forecast }) => forecast));
  const verdict = forecasts.includes('breaks') ? 'breaks' : forecasts.includes('unseen') ? 'unproven' : 'safe';
  return { ...report, namespace, manifest, changes, exceptions, findings, verdict };
};
