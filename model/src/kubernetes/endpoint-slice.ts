import ipaddr from 'ipaddr.js';
import { doubtful, type Problem } from '../problem.ts';
import type { Metadata } from '../resource.ts';
import { broken, isPort, portHelp } from '../rule.ts';
import { isHostname } from '../text/host.ts';

export interface SliceEndpoint {
  readonly addresses: readonly string[];
  readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
  readonly targetRef?: { readonly kind?: string; readonly namespace?: string; readonly name?: string };
  readonly nodeName?: string;
  readonly zone?: string;
}

/** An EndpointSlice has no `spec`: its fields stand at the top level. Its service is the label `kubernetes.io/service-name`. */
export interface EndpointSliceSpec {
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  readonly endpoints?: readonly SliceEndpoint[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string; readonly appProtocol?: string }[];
}

export const serviceNameLabel = 'kubernetes.io/service-name';

/** Ranges in which an address means someone else to each who calls it (Kubernetes: `ValidateNonSpecialIP`). */
const special: readonly string[] = ['unspecified', 'loopback', 'linkLocal', 'multicast'];

const isSpecial = (address: string): boolean => ipaddr.isValid(address) && special.includes(ipaddr.process(address).range());

const isOfType: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['IPv4', (text: string) => ipaddr.IPv4.isValidFourPartDecimal(text)],
  ['IPv6', (text: string) => ipaddr.IPv6.isValid(text)],
  ['FQDN', isHostname],
]);

export function* checkEndpointSlice(spec: EndpointSliceSpec, metadata: Metadata): Iterable<Problem> {
  if (!metadata.labels[serviceNameLabel]) {
    yield doubtful('WEFT0102', 'metadata.labels', [
      `without the label \`${serviceNameLabel}\` the slice belongs to no Service`,
      'Add the label with the name of the Service.',
    ]);
  }
  const valid = isOfType.get(spec.addressType ?? '');
  if (!valid)
    yield broken('addressType', `\`${String(spec.addressType ?? '').slice(0, 40)}\` is no type of address`, 'Write IPv4, IPv6 or FQDN.');
  for (const [index, { addresses }] of (spec.endpoints ?? []).entries()) {
    if (!addresses?.length) yield broken(`endpoints[${index}].addresses`, 'the endpoint has no address', 'Add one.');
    for (const [place, address] of (addresses ?? []).entries()) {
      if (valid && !valid(address))
        yield broken(
          `endpoints[${index}].addresses[${place}]`,
          `\`${address.slice(0, 80)}\` is no ${spec.addressType} address`,
          'Correct the address.',
        );
      else if (isSpecial(address))
        yield broken(
          `endpoints[${index}].addresses[${place}]`,
          `\`${address}\` is the address of whoever calls it, of its link or of many`,
          'Write an address at which one server is called.',
        );
    }
  }
  for (const [index, { port }] of (spec.ports ?? []).entries()) {
    if (!isPort(port)) yield broken(`ports[${index}].port`, port === undefined ? 'the port has no number' : `${port} is no port`, portHelp);
  }
}
