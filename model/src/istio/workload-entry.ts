import type { Problem } from '../problem.ts';
import { checkLabelMap, ineffective, invalid } from '../rule.ts';
import { isHostname, isIp } from '../text/host.ts';

export interface WorkloadEntrySpec {
  /** IP address, host name, or `unix:///path`. */
  readonly address?: string;
  /** Port by service port name. */
  readonly ports?: Readonly<Record<string, number>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly network?: string;
  /** `region/zone/subzone` */
  readonly locality?: string;
  readonly weight?: number;
  readonly serviceAccount?: string;
}

/** Beyond the CRD's own rules (address present, ports in range, form of Unix sockets). */
export function* checkWorkloadEntry(spec: WorkloadEntrySpec, path = 'spec'): Iterable<Problem> {
  const { address = '' } = spec;
  if (address !== '' && !address.startsWith('unix://') && !isIp(address) && !isHostname(address)) {
    yield invalid(`${path}.address`, `\`${address.slice(0, 80)}\` is no address`, 'Write an IP address, a host name or `unix:///path`.');
  }
  if (/^[\d.]+$/.test(address) && !isIp(address))
    yield invalid(`${path}.address`, `\`${address.slice(0, 80)}\` is no IP address`, 'Write four numbers between 0 and 255.');
  if (address.startsWith('unix://') && Object.keys(spec.ports ?? {}).length > 0)
    yield invalid(`${path}.ports`, 'a Unix socket has no ports', 'Remove them.');
  if (spec.network) yield ineffective(`${path}.network`, '`network` has no effect: all of the mesh is one network', 'Remove it.');
  yield* checkLabelMap(spec.labels, `${path}.labels`, 'IST0106');
  if (spec.locality?.includes('*')) yield invalid(`${path}.locality`, 'a locality may not hold `*`', 'Write `region/zone/subzone`.');
}
