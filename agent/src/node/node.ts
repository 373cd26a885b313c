/** The mesh's side of the agent, inside its namespaces: everything that runs, runs below this process. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { filesOf, type NodeView } from '@weft/model';
import type { Logger } from 'pino';
import { meshAddress, meshAddress6, plainDnsAddress, plainDnsAddress6 } from '../addresses.ts';
import { serveAgentApi } from '../api/server.ts';
import { serveDns } from '../dns/server.ts';
import { type EdgeResources, type MeshEdge, meshEdge } from '../edge/config.ts';
import { EdgeEnvoy } from '../edge/envoy.ts';
import { inside } from '../host/launch.ts';
import { withoutRights } from '../pod/confine.ts';
import { LastWords } from '../pod/last-words.ts';
import type { Pod } from '../pod/pod.ts';
import type { Surroundings } from '../pod/visible.ts';
import { openDelivery } from '../records/delivery.ts';
import { Shipper } from '../records/shipper.ts';
import type { Files, Settings } from '../settings.ts';
import { podBuilder } from './builder.ts';
import { setUpIPv6 } from './ipv6.ts';
import { type KnownNames, knownNames } from './names.ts';
import { Firewall, setUpNetwork } from './network.ts';
import { podProxies } from './pod-proxy.ts';
import { Pods } from './pods.ts';
import { Reporter } from './reporter.ts';
import { firewall, firewall6, outsideServices } from './services.ts';
import { watchNode, weftdAt } from './weftd.ts';

export interface NodeInput {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Names this start of the agent. */
  readonly boot: string;
  /** Node's binary and this program. */
  readonly program: readonly [string, string];
}

/** For weftd to take the news, and then for the last proxy to have it (the bench holds that to half a second). */
const deliveryMs = 1_000;
const propagationMs = 1_000;

/** Records that may wait for weftd, and how long its taking the last of them may hold up the end. */
const records = { limit: 1024 ** 3, lastMs: 3_000 };

const emptyView: NodeView = {
  ...{ pods: [], names: {}, services: [], hostPorts: [] },
  ...{ trustDomain: 'cluster.local', clusterId: '', dnsDomain: 'cluster.local' },
};

/** The logs of the start before this one are kept beside: they may say why it ended. */
const openLogs = async (logs: string): Promise<string> => {
  const directory = `${logs}/pods`;
  await rm(`${directory}.previous`, { recursive: true, force: true });
  await rename(directory, `${directory}.previous`).catch(() => {});
  await mkdir(directory, { recursive: true, mode: 0o700 });
  return directory;
};

const ingressesOf = (view: NodeView, pods: Pods): MeshEdge['ingresses'] => {
  const ports = [...new Set(view.hostPorts.map(({ hostPort }) => hostPort))].sort((a, b) => a - b);
  return ports.map((port) => ({
    port,
    endpoints: view.hostPorts
      .filter(({ hostPort }) => hostPort === port)
      .flatMap((entry) => {
        const pod = pods.find(entry.namespace, entry.pod);
        return pod ? [{ address: pod.input.network.address, port: entry.port }] : [];
      }),
  }));
};

const edgeEnvoy = ({ settings, logger, now }: NodeInput, resources: EdgeResources): EdgeEnvoy =>
  new EdgeEnvoy({
    files: { directory: inside.edge, admin: `${inside.edge}/admin.sock` },
    wrapper: withoutRights(undefined),
    envoy: settings.envoy ?? inside.envoy,
    output: (chunk) => logger.warn({ envoy: 'edge' }, chunk.toString().trim()),
    ...{ resources, now },
  });

const serveNames = async (files: Files, dual: boolean, known: () => KnownNames): Promise<() => void> => {
  const forwarder = files.dnsSocket;
  const servers = await Promise.all([
    ...[meshAddress, ...(dual ? [meshAddress6] : [])].map((address) => serveDns({ address, names: () => known().all, forwarder })),
    ...[plainDnsAddress, ...(dual ? [plainDnsAddress6] : [])].map((address) =>
      serveDns({ address, names: () => known().plain, forwarder }),
    ),
  ]);
  return () => {
    for (const server of servers) server.close();
  };
};

/** What Services and pods are to the mesh's namespace, in the families that it has. */
const meshFirewalls = (dual: boolean, onTrouble: (message: string) => void) => {
  const ipv4 = new Firewall('iptables-restore', onTrouble);
  const ipv6 = dual ? new Firewall('ip6tables-restore', onTrouble) : undefined;
  return async (services: NodeView['services'], pods: readonly Pod[]): Promise<void> => {
    const networks = pods.map(({ input }) => input.network);
    const rules = firewall(
      services,
      networks.map(({ address }) => address),
    );
    const rules6 = firewall6(
      services,
      networks.flatMap(({ ipv6: address }) => address ?? []),
    );
    await Promise.all([ipv4.update(rules), ipv6?.update(rules6)]);
  };
};

/** Runs until `stop` is aborted; then ends applications and proxies in their order. */
export const runNode = async (input: NodeInput, stop: AbortSignal): Promise<void> => {
  const { settings, logger, now, random, boot, program } = input;
  const { place, separateUsers, userHome } = settings;
  const files = filesOf(place);
  const onTrouble = (message: string): void => logger.warn(message);
  await setUpNetwork();
  const withoutIPv6 = await setUpIPv6();
  const dual = withoutIPv6 === undefined;
  if (!dual) logger.info(`pods have IPv4 addresses only: ${withoutIPv6}`);
  let view = emptyView;
  let names = knownNames(view, dual);

  const weftd = weftdAt(files.apiSocket);
  const onChange = (): void => {
    reporter.changed();
    void edge.update(resources());
  };
  const delivery = openDelivery({ address: `unix:${files.xdsSocket}`, admin: weftd, now });
  const shipper = new Shipper({ directory: files.records, delivery, limit: records.limit, onTrouble });
  shipper.start();
  const around: Surroundings = { place, userHome, separateUsers, node: program[0], program: program[1] };
  const builder = podBuilder({
    ...{ around, dual, now, onChange },
    envoy: settings.envoy ?? inside.envoy,
    logs: await openLogs(files.logs),
    serve: podProxies({ place, admin: weftd, logger, now, random }),
    records: shipper,
    endpointsGone: async () => {
      await reporter.delivered(deliveryMs);
      await new Promise((resolve) => setTimeout(resolve, propagationMs));
    },
  });
  const lastWords = new LastWords(now);
  const pods = new Pods({
    build: builder.build,
    forget: (pod) => {
      if (pod.proxy?.lastPage) lastWords.keep(pod.input.spec, pod.proxy.lastPage);
      return builder.forget(pod).finally(onChange);
    },
    onTrouble,
  });
  const reporter = new Reporter({ send: (reports) => weftd.report(boot, reports), pods: () => pods.reports(), onTrouble });
  const resources = (): EdgeResources =>
    meshEdge({
      ...files,
      addresses: [meshAddress, ...(dual ? [meshAddress6] : [])],
      ingresses: ingressesOf(view, pods),
      outside: outsideServices(view.services),
      outsideSocket: ({ address, port }) => `${inside.edge}/${address}-${port}.sock`,
    });
  const edge = edgeEnvoy(input, resources());
  const firewalls = meshFirewalls(dual, onTrouble);
  const onView = (next: NodeView): void => {
    view = next;
    names = knownNames(view, dual);
    pods.reconcile(view);
    onChange();
    void firewalls(view.services, pods.all);
  };

  const closeNames = await serveNames(files, dual, () => names);
  await edge.start();
  await firewalls([], []);
  const api = await serveAgentApi({
    path: files.agentSocket,
    find: (namespace, name) => pods.find(namespace, name),
    all: () => pods.all,
    lastPage: (namespace, name) => lastWords.find(namespace, name),
  });
  const onConnect = async (): Promise<void> => {
    reporter.pause();
    await weftd.register({ boot, socket: files.agentSocket });
    reporter.renew();
  };
  await watchNode({ socketPath: files.apiSocket, onView, onConnect, onTrouble }, stop);

  reporter.stop();
  await pods.stopAll();
  await shipper.stop(records.lastMs);
  delivery.close();
  await edge.stop();
  closeNames();
  api.close();
  await rm(files.agentSocket, { force: true });
};
