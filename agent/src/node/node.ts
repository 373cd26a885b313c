/** The mesh's side of the agent, inside its namespaces: everything that runs, runs below this process. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { filesOf, type NodeView } from '@weft/model';
import type { Logger } from 'pino';
import { meshAddress, plainDnsAddress } from '../addresses.ts';
import { serveAgentApi } from '../api/server.ts';
import { serveDns } from '../dns/server.ts';
import { type EdgeResources, type MeshEdge, meshEdge } from '../edge/config.ts';
import { EdgeEnvoy } from '../edge/envoy.ts';
import { inside } from '../host/launch.ts';
import { withoutRights } from '../pod/confine.ts';
import type { Surroundings } from '../pod/visible.ts';
import type { Files, Settings } from '../settings.ts';
import { podBuilder } from './builder.ts';
import { allNames, plainNames } from './names.ts';
import { Firewall, setUpNetwork } from './network.ts';
import { podProxies } from './pod-proxy.ts';
import { Pods } from './pods.ts';
import { Reporter } from './reporter.ts';
import { outsideServices } from './services.ts';
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

const serveNames = async (files: Files, view: () => NodeView): Promise<() => void> => {
  const forwarder = files.dnsSocket;
  const servers = await Promise.all([
    serveDns({ address: meshAddress, names: () => allNames(view()), forwarder }),
    serveDns({ address: plainDnsAddress, names: () => plainNames(view()), forwarder }),
  ]);
  return () => {
    for (const server of servers) server.close();
  };
};

/** Runs until `stop` is aborted; then ends applications and proxies in their order. */
export const runNode = async (input: NodeInput, stop: AbortSignal): Promise<void> => {
  const { settings, logger, now, random, boot, program } = input;
  const { place, separateUsers, userHome } = settings;
  const files = filesOf(place);
  const onTrouble = (message: string): void => logger.warn(message);
  await setUpNetwork();
  let view = emptyView;

  const weftd = weftdAt(files.apiSocket);
  const onChange = (): void => {
    reporter.changed();
    void edge.update(resources());
  };
  const around: Surroundings = { place, userHome, separateUsers, node: program[0], program: program[1] };
  const builder = podBuilder({
    ...{ around, now, onChange },
    envoy: settings.envoy ?? inside.envoy,
    logs: await openLogs(files.logs),
    serve: podProxies({ place, admin: weftd, logger, now, random }),
    endpointsGone: async () => {
      await reporter.delivered(deliveryMs);
      await new Promise((resolve) => setTimeout(resolve, propagationMs));
    },
  });
  const pods = new Pods({
    build: builder.build,
    forget: (pod) => builder.forget(pod).finally(onChange),
    onTrouble,
  });
  const reporter = new Reporter({ send: (reports) => weftd.report(boot, reports), pods: () => pods.reports(), onTrouble });
  const resources = (): EdgeResources =>
    meshEdge({
      ...files,
      ingresses: ingressesOf(view, pods),
      outside: outsideServices(view.services),
      outsideSocket: ({ address, port }) => `${inside.edge}/${address}-${port}.sock`,
    });
  const edge = edgeEnvoy(input, resources());
  const firewall = new Firewall(onTrouble);
  const onView = (next: NodeView): void => {
    view = next;
    pods.reconcile(view);
    const addresses = pods.all.map((pod) => pod.input.network.address);
    onChange();
    void firewall.update(view.services, addresses);
  };

  const closeNames = await serveNames(files, () => view);
  await edge.start();
  await firewall.update([], []);
  const api = await serveAgentApi({ path: files.agentSocket, find: (namespace, name) => pods.find(namespace, name) });
  const onConnect = async (): Promise<void> => {
    reporter.pause();
    await weftd.register({ boot, socket: files.agentSocket });
    reporter.renew();
  };
  await watchNode({ socketPath: files.apiSocket, onView, onConnect, onTrouble }, stop);

  reporter.stop();
  await pods.stopAll();
  await edge.stop();
  closeNames();
  api.close();
  await rm(files.agentSocket, { force: true });
};
