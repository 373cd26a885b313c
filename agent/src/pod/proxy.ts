/** One pod's Envoy: its socket for configuration and keys first, then the process, for as long as the pod lives. */
import { randomUUID } from 'node:crypto';
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { bootstrap, formatNodeId, istioVersion, type NodeId, socketMark, virtualInbound, virtualOutbound } from '@weft/envoy';
import { filesOf, type NodeView, type Place, type PodSpec } from '@weft/model';
import { inside } from '../host/launch.ts';
import { Backoff } from '../process/backoff.ts';
import { type Child, describeExit, start } from '../process/child.ts';
import type { LogFile } from '../process/log-file.ts';
import type { ServedProxy } from '../relay/proxy.ts';
import { askAdmin } from './admin.ts';
import { inNetwork, withNetRaw, without, withoutRights } from './confine.ts';
import type { Page } from './last-words.ts';
import type { PodNetwork } from './network.ts';
import { ProxyRecords, type RecordSpools } from './proxy-records.ts';
import { spanEnvironment } from './span-environment.ts';

export interface ProxySockets {
  /** For Envoy alone: 0700, its own user's. */
  readonly directory: string;
  /** ADS and SDS. */
  readonly agent: string;
  readonly admin: string;
}

/**
 * Below the mesh's own /run: no path of the host leads there, and applications have another /run. Nor can the path be guessed: a
 * ServiceEntry may name any Unix socket as an endpoint, and this one's Envoy, or a gateway that many share, would lead there.
 */
export const proxySockets = (index: number): ProxySockets => {
  const directory = `${inside.pods}/${index}-${randomUUID()}`;
  return { directory, agent: `${directory}/xds.sock`, admin: `${directory}/admin.sock` };
};

/** One thread unless more are asked for; 0 is Envoy's own choice, one for each processor. */
const threadsOf = ({ proxySettings: { concurrency = 1 } = {} }: PodSpec): readonly string[] =>
  concurrency === 0 ? [] : ['--concurrency', String(concurrency)];

export interface ProxyInput {
  readonly pod: PodSpec;
  readonly mesh: Pick<NodeView, 'trustDomain' | 'clusterId' | 'dnsDomain'>;
  readonly place: Place;
  readonly network: PodNetwork;
  readonly sockets: ProxySockets;
  readonly user: number | undefined;
  readonly envoy: string;
  readonly log: LogFile;
  /** `serveProxy` with all that does not concern this pod filled in. */
  readonly serve: (request: {
    readonly pod: PodSpec;
    readonly socket: string;
    readonly state: string;
    readonly user: number | undefined;
  }) => Promise<ServedProxy>;
  readonly records: RecordSpools;
  readonly now: () => number;
  readonly onChange: () => void;
}

/** Istio's default; also how long connections of a listener that was removed may last. */
const drainSeconds = 45;
/** The first restart is at once: its clients wait. */
const restarts = { first: 250, max: 5_000, calm: 10_000 };
const pollMs = 50;
const stopMs = 5_000;

const nodeOf = ({ pod, mesh, network }: ProxyInput): NodeId => ({
  role: pod.proxy === 'sidecar' ? 'sidecar' : 'router',
  address: network.address,
  name: pod.name,
  namespace: pod.namespace,
  dnsDomain: `${pod.namespace}.svc.${mesh.dnsDomain}`,
});

const bootstrapOf = (input: ProxyInput): string => {
  const { pod, mesh, network, sockets } = input;
  return JSON.stringify(
    bootstrap({
      node: nodeOf(input),
      metadata: {
        name: pod.name,
        namespace: pod.namespace,
        serviceAccount: pod.serviceAccount,
        labels: pod.labels,
        addresses: network.ipv6 === undefined ? [network.address] : [network.address, network.ipv6],
        clusterId: mesh.clusterId,
        network: '',
        meshId: mesh.trustDomain,
        workload: pod.workload.name,
        istioVersion,
      },
      agentSocket: sockets.agent,
      adminSocket: sockets.admin,
      ...(pod.proxy === 'sidecar' && { mark: socketMark }),
    }),
  );
};

export class Proxy {
  private readonly input: ProxyInput;
  live = false;
  message = 'waiting for the proxy';
  private served: ServedProxy | undefined;
  private child: Child | undefined;
  private readonly records: ProxyRecords;
  private stopping = false;
  /** When the Envoy that runs was started: all that it counts, it counted since. */
  started = 0;
  /** What it had counted when it was stopped. */
  lastPage: Page | undefined;
  private ended: Promise<void> = Promise.resolve();

  constructor(input: ProxyInput) {
    this.input = input;
    const { records: spools, sockets, user, log } = input;
    this.records = new ProxyRecords({ spools, ...sockets, user, note: (message) => log.note(message) });
  }

  get log(): LogFile {
    return this.input.log;
  }

  /** Of the Envoy that runs. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  get sockets(): ProxySockets {
    return this.input.sockets;
  }

  /** Resolves when Envoy is started; `live` tells when it serves. */
  async start(): Promise<void> {
    const { pod, place, sockets, user, serve } = this.input;
    await mkdir(sockets.directory, { recursive: true, mode: 0o700 });
    this.served = await serve({ pod, socket: sockets.agent, state: filesOf(place).podState(pod.uid), user });
    const file = `${sockets.directory}/bootstrap.json`;
    await writeFile(file, bootstrapOf(this.input), { mode: 0o600 });
    if (user !== undefined) await Promise.all([file, sockets.directory].map((path) => chown(path, user, user)));
    await chmod(sockets.directory, 0o700);
    this.ended = this.keepRunning(file);
  }

  /** Asks clients to go elsewhere while the application still answers. */
  async drain(): Promise<void> {
    await askAdmin(this.input.sockets.admin, 'POST', '/drain_listeners?graceful&inboundonly&skip_exit').catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.stopping = true;
    const { child } = this;
    await this.records.stopCounting();
    if (child) {
      this.lastPage = await this.page().catch(() => undefined);
      child.process.kill('SIGTERM');
      const timer = setTimeout(() => child.process.kill('SIGKILL'), stopMs);
      await child.exited;
      clearTimeout(timer);
    }
    await this.ended;
    await this.records.close();
    await this.served?.close();
    await rm(this.input.sockets.directory, { recursive: true, force: true });
  }

  private async page(): Promise<Page> {
    const { body, type } = await askAdmin(this.input.sockets.admin, 'GET', '/stats/prometheus');
    return { body, type, started: this.started };
  }

  private report(live: boolean, message: string): void {
    if (live === this.live && message === this.message) return;
    this.live = live;
    this.message = message;
    this.input.onChange();
  }

  private command(file: string): readonly string[] {
    const { pod, mesh, place, network, user, envoy } = this.input;
    const variables = Object.entries({ ...spanEnvironment(pod, mesh), ...pod.proxySettings?.environment });
    const rights = pod.proxy === 'sidecar' ? withNetRaw(user) : withoutRights(user);
    return [
      ...inNetwork(network.file),
      ...without([place.run, place.home]),
      ...rights,
      // Only here: what the manifest chose must not reach the tools that run with rights before.
      ...['env', ...variables.map(([name, value]) => `${name}=${value}`)],
      envoy,
      ...['--config-path', file, ...threadsOf(pod), '--disable-hot-restart'],
      // Nothing new to Envoy; it says in a list of processes whose it is.
      ...['--service-node', formatNodeId(nodeOf(this.input))],
      ...['--drain-time-s', String(drainSeconds), '--drain-strategy', 'immediate'],
      ...['--log-level', 'warning', '--file-flush-interval-msec', '1000'],
    ];
  }

  private async keepRunning(file: string): Promise<void> {
    const { log, now, sockets } = this.input;
    const backoff = new Backoff(restarts);
    while (!this.stopping) {
      const startedAt = now();
      this.started = startedAt;
      await rm(sockets.admin, { force: true });
      await this.records.begin();
      if (this.stopping) break;
      try {
        this.child = start(this.command(file), { output: log.write, detached: true, directory: sockets.directory });
      } catch (error) {
        // A command line too long for the system is the manifest's fault, and concerns this pod alone.
        this.report(false, `the proxy cannot be started: ${(error as Error).message}`);
        await new Promise((resolve) => setTimeout(resolve, restarts.max));
        continue;
      }
      const polling = new AbortController();
      void this.watchLiveness(polling.signal);
      const exit = await this.child.exited;
      polling.abort();
      this.child = undefined;
      if (this.stopping) break;
      log.note(`Envoy ${describeExit(exit)} and is started again`);
      this.report(false, `the proxy ${describeExit(exit)}`);
      await new Promise((resolve) => setTimeout(resolve, backoff.after(now() - startedAt)));
    }
    this.report(false, 'the proxy is stopped');
  }

  /** Polls quickly until Envoy serves; then the process's end is what matters. */
  private async watchLiveness(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const problem = await this.problem();
      if (stop.aborted) return;
      this.report(problem === '', problem);
      if (problem === '') return;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /** LIVE alone is not enough: Envoy says so too when its first listeners were all refused [G3]. */
  private async problem(): Promise<string> {
    const { pod, sockets } = this.input;
    try {
      const ready = await askAdmin(sockets.admin, 'GET', '/ready');
      const state = ready.body.toString().trim();
      if (state !== 'LIVE') return this.served?.status().message || `the proxy is ${state}`;
      if (pod.proxy === 'gateway') return '';
      const listeners = (await askAdmin(sockets.admin, 'GET', '/listeners')).body.toString();
      const missing = [virtualInbound, virtualOutbound].filter((name) => !listeners.includes(`${name}::`));
      return missing.length === 0 ? '' : `the proxy refused its listeners (${missing.join(', ')})`;
    } catch {
      return this.served?.status().message || 'waiting for the proxy';
    }
  }
}
