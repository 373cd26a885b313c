/** Who else keeps what is observed: addresses of the administrator's own, in annotations of the mesh's settings. */
import type { Problem } from '../problem.ts';
import type { Metadata } from '../resource.ts';
import { invalid } from '../rule.ts';
import { cidrFault, network } from '../text/host.ts';
import { childPath } from '../yaml/json.ts';

export interface TelemetryTargets {
  /** A server that speaks Prometheus' language: measurements are read from it instead of Weft's own store. */
  readonly prometheus?: string;
  /** Where measurements are written by Prometheus' remote write. */
  readonly remoteWrite?: string;
  /** Where traces and records are sent by OTLP over HTTP: its base, without `/v1/traces`. */
  readonly collector?: string;
  /** CIDR blocks of addresses inside, where these may be all the same. */
  readonly networks: readonly string[];
}

type Annotations = Metadata['annotations'];

const addresses = {
  prometheus: 'mesh.weft.dev/prometheus',
  remoteWrite: 'mesh.weft.dev/remote-write',
  collector: 'mesh.weft.dev/otlp-collector',
} as const;
const networksName = 'mesh.weft.dev/telemetry-networks';

const listed = (text: string | undefined): readonly string[] => (text ?? '').split(/[\s,]+/).filter(Boolean);

/** As libraries know addresses: they have no platform. @returns what is wrong with it */
const flawOf = (address: string): string | undefined => {
  const [, host, port] = /^https?:\/\/(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?(?:\/[\w./~%-]*)?$/i.exec(address) ?? [];
  // It is not repeated: people write passwords into addresses.
  if (host === undefined) return 'no address that can be asked';
  return port !== undefined && (Number(port) < 1 || Number(port) > 65_535) ? `${port} is no port` : undefined;
};

/** What cannot be read counts as not written. */
export const readTelemetryTargets = (annotations: Annotations): TelemetryTargets => {
  const said = Object.entries(addresses).flatMap(([name, annotation]) => {
    const address = annotations[annotation];
    return address === undefined || flawOf(address) ? [] : [[name, address.replace(/\/+$/, '')]];
  });
  const networks = listed(annotations[networksName])
    .filter((block) => cidrFault(block) === undefined)
    .map(network);
  return { ...Object.fromEntries(said), networks };
};

export function* checkTelemetryTargets(annotations: Annotations): Iterable<Problem> {
  for (const annotation of Object.values(addresses)) {
    const flaw = annotations[annotation] === undefined ? undefined : flawOf(annotations[annotation]);
    if (flaw)
      yield invalid(
        childPath('metadata.annotations', annotation),
        flaw,
        'Write `http://host:port/path` or `https://…`, without user, password and query.',
      );
  }
  for (const block of listed(annotations[networksName])) {
    const fault = cidrFault(block);
    if (fault)
      yield invalid(childPath('metadata.annotations', networksName), fault, 'Write addresses and CIDR blocks, separated by commas.');
  }
}
