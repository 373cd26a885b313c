/** A container as Kubernetes writes it → the process that the agent starts. */
import { isAbsolute, resolve } from 'node:path';
import type { ContainerSettings, ContainerSpec, EnvVar, IntOrString, PodSpec, Probe, ProbeSettings } from '@weft/model';

/** What containers may ask about their pod (Kubernetes' downward API). */
export interface PodFacts extends Pick<PodSpec, 'name' | 'namespace' | 'uid' | 'serviceAccount' | 'labels' | 'annotations'> {
  readonly directory: string;
}

type Env = ContainerSpec['env'][number];

const entryPath = /^metadata\.(labels|annotations)\['([^']+)'\]$/;

const fieldOf = (path: string, pod: PodFacts): string => {
  const entry = entryPath.exec(path);
  if (entry) return (entry[1] === 'labels' ? pod.labels : pod.annotations)[entry[2] ?? ''] ?? '';
  const fields: Readonly<Record<string, string>> = {
    'metadata.name': pod.name,
    'metadata.namespace': pod.namespace,
    'metadata.uid': pod.uid,
    'spec.serviceAccountName': pod.serviceAccount,
    'spec.nodeName': 'local',
  };
  return fields[path] ?? '';
};

/** Addresses are the agent's to give; it fills these in when it starts the process. */
const addressFields = new Map<string, 'podIP' | 'podIPs' | 'hostIP'>([
  ['status.podIP', 'podIP'],
  ['status.podIPs', 'podIPs'],
  ['status.hostIP', 'hostIP'],
  ['status.hostIPs', 'hostIP'],
]);

/** `$(NAME)` is replaced where NAME is known, `$$(NAME)` is a literal (Kubernetes' rule for env, command and args). */
const expand = (text: string, known: ReadonlyMap<string, string>): string =>
  text.replace(/\$\$|\$\(([A-Za-z_.-][\w.-]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (known.get(name) ?? whole),
  );

const envOf = (vars: readonly EnvVar[], pod: PodFacts): { readonly env: readonly Env[]; readonly known: ReadonlyMap<string, string> } => {
  const known = new Map<string, string>();
  const env = vars.map(({ name, value, valueFrom }): Env => {
    const path = valueFrom?.fieldRef?.fieldPath;
    const address = path === undefined ? undefined : addressFields.get(path);
    if (address) return { name, value: '', field: address };
    const given = path === undefined ? expand(value ?? '', known) : fieldOf(path, pod);
    known.set(name, given);
    return { name, value: given };
  });
  return { env, known };
};

const portNumber = (port: IntOrString, ports: ContainerSettings['ports'] = []): number =>
  typeof port === 'number' ? port : (ports.find(({ name }) => name === port)?.containerPort ?? Number(port));

const actionOf = ({ httpGet, tcpSocket, grpc, exec }: ProbeSettings, { ports }: ContainerSettings): Probe['action'] | undefined => {
  if (httpGet) {
    const { path = '/', scheme = 'HTTP', httpHeaders = [] } = httpGet;
    return { kind: 'http', path, port: portNumber(httpGet.port, ports), scheme, headers: httpHeaders };
  }
  if (tcpSocket) return { kind: 'tcp', port: portNumber(tcpSocket.port, ports) };
  if (grpc) return { kind: 'grpc', port: grpc.port, service: grpc.service ?? '' };
  return exec?.command ? { kind: 'exec', command: exec.command } : undefined;
};

/** Defaults of Kubernetes' `core/v1` Probe. */
const probeOf = (probe: ProbeSettings, container: ContainerSettings): Probe | undefined => {
  const action = actionOf(probe, container);
  return (
    action && {
      action,
      initialDelaySeconds: probe.initialDelaySeconds ?? 0,
      periodSeconds: probe.periodSeconds ?? 10,
      timeoutSeconds: probe.timeoutSeconds ?? 1,
      successThreshold: probe.successThreshold ?? 1,
      failureThreshold: probe.failureThreshold ?? 3,
    }
  );
};

const probesOf = (container: ContainerSettings): Pick<ContainerSpec, 'readinessProbe' | 'livenessProbe' | 'startupProbe'> => {
  const [readinessProbe, livenessProbe, startupProbe] = [container.readinessProbe, container.livenessProbe, container.startupProbe].map(
    (probe) => probe && probeOf(probe, container),
  );
  return { ...(readinessProbe && { readinessProbe }), ...(livenessProbe && { livenessProbe }), ...(startupProbe && { startupProbe }) };
};

export const containerOf = (container: ContainerSettings, pod: PodFacts): ContainerSpec => {
  const workingDir = resolve(pod.directory, container.workingDir ?? '.');
  const { env, known } = envOf(container.env ?? [], pod);
  const [program, ...rest] = (container.command ?? []).map((word) => expand(word, known));
  const located = program?.includes('/') && !isAbsolute(program) ? resolve(workingDir, program) : program;
  return {
    name: container.name,
    command: located === undefined ? [] : [located, ...rest],
    args: (container.args ?? []).map((word) => expand(word, known)),
    env,
    workingDir,
    ports: (container.ports ?? []).flatMap(({ name = '', containerPort, protocol = 'TCP' }) =>
      protocol === 'SCTP' ? [] : [{ name, containerPort, protocol }],
    ),
    ...probesOf(container),
  };
};
