import { isDnsLabel, isDnsSubdomain } from '../metadata.ts';
import type { Problem } from '../problem.ts';
import { doubtful, wrong } from '../problem.ts';
import { broken, type Field, isPort, portHelp } from '../rule.ts';
import { checkProbe } from './probe.ts';

export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
}

export interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP';
}

/** Port by number or by name of a container port. */
export type IntOrString = number | string;

export interface ProbeSettings {
  readonly httpGet?: {
    readonly path?: string;
    readonly port: IntOrString;
    readonly host?: string;
    readonly scheme?: string;
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly tcpSocket?: { readonly port: IntOrString; readonly host?: string };
  readonly grpc?: { readonly port: number; readonly service?: string };
  readonly exec?: { readonly command?: readonly string[] };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}

export interface ContainerSettings {
  readonly name: string;
  /** Locally a container's process is its command, so `parse` asks for it. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly workingDir?: string;
  readonly ports?: readonly ContainerPort[];
  readonly readinessProbe?: ProbeSettings;
  readonly livenessProbe?: ProbeSettings;
  readonly startupProbe?: ProbeSettings;
}

export interface PodTemplateSpec {
  readonly containers: readonly ContainerSettings[];
  readonly serviceAccountName?: string;
  /** Old name of `serviceAccountName`. */
  readonly serviceAccount?: string;
  readonly terminationGracePeriodSeconds?: number;
}

/** Istio's name for the proxy's own container: a gateway pod is an Envoy and nothing else, and brings no command. */
const proxyContainer = 'istio-proxy';

/** Fields that Kubernetes honours and that change what the process sees; those that only place or limit a pod are left out silently. */
const podFields: readonly Field[] = [
  { field: 'initContainers', message: 'they are not run' },
  { field: 'volumes', message: 'nothing is mounted' },
  { field: 'hostNetwork', message: 'the pod has its own network' },
  { field: 'hostAliases', message: 'names are resolved as for every pod' },
  { field: 'activeDeadlineSeconds', message: 'the pod runs on' },
];

const containerFields: readonly Field[] = [
  { field: 'envFrom', message: 'its variables are not set', help: 'Write them under `env`.' },
  { field: 'lifecycle', message: 'its hooks are not run' },
  { field: 'volumeMounts', message: 'nothing is mounted' },
];

function* left(value: object, path: string, fields: readonly Field[]): Iterable<Problem> {
  for (const { field, message, help } of fields) {
    if (Object.hasOwn(value, field))
      yield doubtful('WEFT0102', `${path}.${field}`, [`\`${field}\` is left out: ${message}`, help ?? 'Do not count on it here.']);
  }
}

/** IANA service names: at most 15 letters, digits and single hyphens, with a letter among them. */
export const isPortName = (name: string): boolean => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && name.length <= 15 && /[a-z]/.test(name);

function* checkPorts(ports: readonly ContainerPort[], path: string): Iterable<Problem> {
  const names = new Set<string>();
  for (const [index, { name, containerPort, protocol = 'TCP' }] of ports.entries()) {
    const at = `${path}[${index}]`;
    if (!isPort(containerPort))
      yield broken(`${at}.containerPort`, containerPort === undefined ? 'the port has no number' : `${containerPort} is no port`, portHelp);
    if (name && !isPortName(name))
      yield broken(`${at}.name`, `\`${name.slice(0, 80)}\` is no port's name`, 'Use at most 15 lower-case letters, digits and `-`.');
    if (name && names.has(name)) yield broken(`${at}.name`, `the port's name \`${name}\` stands twice`, 'Give each port its own name.');
    if (name) names.add(name);
    if (!['TCP', 'UDP', 'SCTP'].includes(protocol))
      yield broken(`${at}.protocol`, `\`${String(protocol).slice(0, 40)}\` is no protocol`, 'Write TCP or UDP.');
    else if (protocol === 'SCTP') yield doubtful('WEFT0102', `${at}.protocol`, ['SCTP ports are left out', 'Use TCP or UDP.']);
  }
}

/** What containers may ask about their pod. */
const fieldPath =
  /^(?:metadata\.(?:name|namespace|uid)|metadata\.(?:labels|annotations)\['[^']+'\]|spec\.(?:serviceAccountName|nodeName)|status\.(?:podIPs?|hostIPs?))$/;

function* checkEnv(env: readonly EnvVar[], path: string): Iterable<Problem> {
  for (const [index, { name, value, valueFrom }] of env.entries()) {
    const at = `${path}[${index}]`;
    if (!name || /[=\0]/.test(name)) yield broken(`${at}.name`, 'the variable has no usable name', 'Write a name without `=`.');
    if (value?.includes('\0')) yield broken(`${at}.value`, 'a variable may not hold NUL', 'Remove it.');
    if (valueFrom === undefined) continue;
    const source = typeof valueFrom === 'object' && valueFrom !== null ? valueFrom : {};
    const asked = source.fieldRef?.fieldPath;
    if (typeof asked !== 'string') {
      const kinds = Object.keys(source).join(', ') || 'nothing';
      yield {
        ...wrong('WEFT0101', `${at}.valueFrom`, [
          `values from ${kinds} are not read yet: the variable is empty`,
          'Write `value`, or a `fieldRef`.',
        ]),
        part: true,
      };
    } else if (!fieldPath.test(asked)) {
      yield broken(
        `${at}.valueFrom.fieldRef.fieldPath`,
        `\`${asked.slice(0, 80)}\` is no field that a container may ask for`,
        "Use metadata.name, metadata.namespace, metadata.labels['...'], status.podIP or spec.serviceAccountName.",
      );
    }
  }
}

function* checkContainer(container: ContainerSettings, path: string): Iterable<Problem> {
  if (!container.name || !isDnsLabel(container.name))
    yield broken(
      `${path}.name`,
      `\`${(container.name ?? '').slice(0, 80)}\` is no container's name`,
      'Use lower-case letters, digits and `-`.',
    );
  if (!container.command?.length && container.name !== proxyContainer) {
    yield wrong('WEFT0021', `${path}.command`, [
      'the container has no command, and images are not run here',
      'Add `command: [program, argument]`: the process that the container is.',
    ]);
  }
  if (container.command?.some((word) => word.includes('\0')) || container.args?.some((word) => word.includes('\0'))) {
    yield broken(`${path}.command`, 'a command may not hold NUL', 'Remove it.');
  }
  yield* checkPorts(container.ports ?? [], `${path}.ports`);
  yield* checkEnv(container.env ?? [], `${path}.env`);
  for (const kind of ['readinessProbe', 'livenessProbe', 'startupProbe'] as const) {
    const probe = container[kind];
    if (probe) yield* checkProbe(probe, `${path}.${kind}`, { ports: container.ports ?? [], readiness: kind === 'readinessProbe' });
  }
  yield* left(container, path, containerFields);
}

export function* checkPodTemplate(spec: PodTemplateSpec, path: string): Iterable<Problem> {
  if (!spec.containers?.length) yield broken(`${path}.containers`, 'the pod has no container', 'Add one.');
  const names = new Set<string>();
  for (const [index, container] of (spec.containers ?? []).entries()) {
    const at = `${path}.containers[${index}]`;
    yield* checkContainer(container, at);
    if (names.has(container.name))
      yield broken(`${at}.name`, `the container's name \`${container.name}\` stands twice`, 'Give each container its own name.');
    names.add(container.name);
  }
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  if (account && !isDnsSubdomain(account))
    yield broken(
      `${path}.serviceAccountName`,
      `\`${account.slice(0, 80)}\` is no service account's name`,
      'Use lower-case letters, digits and `-`.',
    );
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0)
    yield broken(`${path}.terminationGracePeriodSeconds`, 'a negative time', 'Write 0 or more.');
  yield* left(spec, path, podFields);
  const restart = (spec as { readonly restartPolicy?: string }).restartPolicy;
  if (restart && restart !== 'Always')
    yield doubtful('WEFT0102', `${path}.restartPolicy`, ['`restartPolicy` is left out: containers are always restarted', 'Remove it.']);
}

export const checkPod = (spec: PodTemplateSpec): Iterable<Problem> => checkPodTemplate(spec, 'spec');
