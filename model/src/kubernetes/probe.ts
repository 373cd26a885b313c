/** Checks of readiness, liveness and startup probes. */
import { doubtful, type Problem } from '../problem.ts';
import { broken, isPort, portHelp } from '../rule.ts';
import { isHeaderName } from '../text/header.ts';
import type { ContainerPort, IntOrString, ProbeSettings } from './pod.ts';

export interface ProbeContext {
  readonly ports: readonly ContainerPort[];
  readonly readiness: boolean;
}

function* checkPort(port: IntOrString | undefined, path: string, ports: readonly ContainerPort[]): Iterable<Problem> {
  if (port === undefined) yield broken(path, 'the probe has no port', portHelp);
  else if (typeof port === 'number' ? !isPort(port) : !ports.some(({ name }) => name === port)) {
    const message = typeof port === 'number' ? `${port} is no port` : `the container has no port named \`${port.slice(0, 40)}\``;
    yield broken(path, message, 'Write a number between 1 and 65535, or the name of a container port.');
  }
}

const atLeast: Readonly<Record<string, number>> = {
  initialDelaySeconds: 0,
  periodSeconds: 1,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 1,
};

export function* checkProbe(probe: ProbeSettings, path: string, { ports, readiness }: ProbeContext): Iterable<Problem> {
  const { httpGet, tcpSocket, grpc, exec } = probe;
  const actions = Object.entries({ httpGet, tcpSocket, grpc, exec }).filter(([, action]) => action !== undefined);
  if (actions.length !== 1) yield broken(path, 'a probe does exactly one thing', 'Set one of `httpGet`, `tcpSocket`, `grpc` and `exec`.');
  if (httpGet) {
    yield* checkPort(httpGet.port, `${path}.httpGet.port`, ports);
    if (httpGet.scheme && !['HTTP', 'HTTPS'].includes(httpGet.scheme))
      yield broken(`${path}.httpGet.scheme`, `\`${httpGet.scheme.slice(0, 40)}\` is no scheme`, 'Write HTTP or HTTPS.');
    if (httpGet.host) yield doubtful('WEFT0102', `${path}.httpGet.host`, ['`host` is left out: the pod itself is asked', 'Remove it.']);
    for (const [index, { name }] of (httpGet.httpHeaders ?? []).entries()) {
      if (!isHeaderName(name ?? ''))
        yield broken(`${path}.httpGet.httpHeaders[${index}].name`, 'no header name', 'Use letters, digits and `-`.');
    }
  }
  if (tcpSocket) yield* checkPort(tcpSocket.port, `${path}.tcpSocket.port`, ports);
  if (grpc) yield* checkPort(grpc.port, `${path}.grpc.port`, ports);
  if (exec && !exec.command?.length) yield broken(`${path}.exec.command`, 'the probe has no command', 'Add `command`.');
  for (const [field, least] of Object.entries(atLeast)) {
    const value = probe[field as keyof ProbeSettings];
    // Kubernetes reads 0 as "the default" for all but the delay.
    if (typeof value === 'number' && value !== 0 && value < least)
      yield broken(`${path}.${field}`, `${value} is out of range`, `Write ${least} or more.`);
  }
  if (!readiness && (probe.successThreshold ?? 1) > 1)
    yield broken(`${path}.successThreshold`, 'only a readiness probe may ask for several successes', 'Write 1.');
}
