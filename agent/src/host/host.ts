/** The host's side of the agent, in the host's network namespace: what the mesh cannot do from inside. */
import { getServers } from 'node:dns';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { filesOf } from '@weft/model';
import type { Logger } from 'pino';
import { leavesByIPv6, parseResolver, serveForwarder } from '../dns/forwarder.ts';
import { hostEdge } from '../edge/config.ts';
import { EdgeEnvoy } from '../edge/envoy.ts';
import { findEnvoy } from '../envoy-binary.ts';
import { watchNode } from '../node/weftd.ts';
import { type Child, describeExit, start } from '../process/child.ts';
import type { Settings } from '../settings.ts';
import { launchCommand } from './launch.ts';
import { type Privilege, portProblem, possiblePrivilege } from './possible.ts';

export interface HostInput {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly now: () => number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly userHome: string;
  readonly uid: number;
  readonly platform: string;
  /** Node's binary and the program: how to start this same program again. */
  readonly program: readonly string[];
}

/** Only what an Envoy on the host needs: binding a gateway's port below 1024. */
const edgeWrapper = (privilege: Privilege): readonly string[] => [
  ...['setpriv', '--pdeathsig', 'KILL', '--no-new-privs'],
  ...(privilege === 'root' ? ['--inh-caps=-all', '--ambient-caps=-all', '--bounding-set=-all,+net_bind_service'] : []),
  '--',
];

const resolvers = (): ReturnType<typeof parseResolver>[] => getServers().map(parseResolver);

const hasIPv6 = async (): Promise<boolean> => leavesByIPv6(await readFile('/proc/net/ipv6_route', 'utf8').catch(() => ''));

/** `localhost` is ::1 first where the host has it. */
const loopbacksOf = (interfaces: ReturnType<typeof networkInterfaces>): readonly string[] => {
  const own = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  return ['127.0.0.1', ...(own.some(({ address }) => address === '::1') ? ['::1'] : [])];
};

/** How long the mesh gets to end itself before it is ended. */
const stopMs = 20_000;

/** The end of its input tells the mesh to stop in order. */
const stopNode = async (node: Child): Promise<void> => {
  node.process.stdin?.end();
  const timer = setTimeout(() => node.process.kill('SIGKILL'), stopMs);
  await node.exited;
  clearTimeout(timer);
};

/** Runs until `stop` is aborted or the mesh ends by itself, which is an error. Throws one clear line when it cannot start. */
export const runHost = async (input: HostInput, stop: AbortSignal): Promise<void> => {
  const { settings, logger, now, env, userHome, uid, platform, program } = input;
  const { place, verbose } = settings;
  const files = filesOf(place);
  const privilege = await possiblePrivilege(platform, uid);
  const envoy = await findEnvoy({
    env,
    userHome,
    ...(settings.envoy !== undefined && { path: settings.envoy }),
    log: (line) => logger.info(line),
  });
  for (const directory of [place.run, place.home]) await mkdir(directory, { recursive: true, mode: 0o700 });

  const failure = new AbortController();
  const ends = AbortSignal.any([stop, failure.signal]);
  const loopbacks = loopbacksOf(networkInterfaces());
  const edgeOf = (hostPorts: readonly number[]) =>
    hostEdge({ loopbacks, hostPorts, ingressSocket: files.ingressSocket, egressSocket: files.egressSocket });
  const edge = new EdgeEnvoy({
    files: { directory: `${place.run}/edge`, admin: `${place.run}/edge/admin.sock` },
    wrapper: edgeWrapper(privilege),
    envoy,
    resources: edgeOf([]),
    output: (chunk) => logger.warn({ envoy: 'edge' }, chunk.toString().trim()),
    now,
  });
  const forwarder = await serveForwarder(files.dnsSocket, { resolvers, hasIPv6 });
  await edge.start();
  const node = start(launchCommand({ ...{ place, privilege, envoy, program, verbose }, userHome }), {
    stdin: 'pipe',
    detached: true,
    output: (chunk) => process.stderr.write(chunk),
  });
  void node.exited.then((exit) => {
    if (!ends.aborted) failure.abort(new Error(`the mesh ended unexpectedly: agent node ${describeExit(exit)}`));
  });

  let open: readonly number[] = [];
  const openPorts = async (ports: readonly number[]): Promise<void> => {
    for (const port of ports.filter((candidate) => !open.includes(candidate))) {
      const problems = await Promise.all(loopbacks.map((loopback) => portProblem(port, loopback)));
      const problem = problems.find((one) => one !== undefined);
      if (problem) return failure.abort(new Error(problem));
    }
    open = ports;
    await edge.update(edgeOf(ports));
  };
  let opening: Promise<void> = Promise.resolve();
  const onView = ({ hostPorts }: { readonly hostPorts: readonly { readonly hostPort: number }[] }): void => {
    const ports = [...new Set(hostPorts.map(({ hostPort }) => hostPort))].sort((a, b) => a - b);
    opening = opening.then(() => openPorts(ports)).catch((error: unknown) => failure.abort(error));
  };
  await watchNode({ socketPath: files.apiSocket, onView, onTrouble: (message) => logger.debug(message) }, ends);

  await stopNode(node);
  await edge.stop();
  forwarder.close();
  const sockets = [files.dnsSocket, files.egressSocket, files.agentSocket, ...open.map(files.ingressSocket)];
  await Promise.all(sockets.map((path) => rm(path, { force: true })));
  if (failure.signal.aborted) throw failure.signal.reason;
};
