/** Addresses inside a local mesh (ARCHITECTURE.md "Processes of a local mesh"). */

/** The mesh's network namespace as pods see it: gateway and DNS with every name of the mesh, for workloads with a sidecar. */
export const meshAddress = '169.254.20.1';

/**
 * DNS for everyone without interception, proxies included: Services only. A ServiceEntry's automatic address (240.240.0.0/16)
 * means something to a sidecar alone, and a proxy that resolves such a host must reach the real one, not itself.
 */
export const plainDnsAddress = '169.254.20.2';

/** Probes come from here, and capture lets them through: they ask the application, not its proxy. */
export const probeAddress = '169.254.20.3';

/** Source of a connection that a pod makes to itself through a Service. */
export const hairpinAddress = '169.254.20.4';

export const nodeAddresses = [meshAddress, plainDnsAddress, probeAddress, hairpinAddress] as const;

export const podRange = '10.244.0.0/16';
export const serviceRange = '10.96.0.0/12';
export const automaticRange = '240.240.0.0/16';

/** The same in IPv6, where the kernel has it (`node/ipv6.ts`). */
export const meshAddress6 = 'fd00:10:169::1';
export const plainDnsAddress6 = 'fd00:10:169::2';
export const probeAddress6 = 'fd00:10:169::3';
export const nodeAddresses6 = [meshAddress6, plainDnsAddress6, probeAddress6] as const;
/** Pods have a way to it: no pod gets it, since indexes start at 2. */
export const hairpinAddress6 = 'fd00:10:244::1';
export const podRange6 = 'fd00:10:244::/64';
export const serviceRange6 = 'fd00:10:96::/64';
export const automaticRange6 = '2001:2::/48';
export const ranges6 = [podRange6, serviceRange6, automaticRange6] as const;
/** Nobody's outside: what is for them stays here. */
export const meshRanges6 = ['fd00:10:169::/64', podRange6, serviceRange6] as const;

/** What lies outside: global unicast, unique local, and IPv4 behind a translator (RFC 6052). Pods have a way nowhere else. */
export const outsideRanges6 = ['2000::/3', 'fc00::/7', '64:ff9b::/96'] as const;
/** Metadata services of clouds, which give the machine's credentials to whoever asks on it: AWS, Google, Oracle. */
export const metadataRanges6 = ['fd00:ec2::/32', 'fd20:ce::/32', 'fd00:c1::/32'] as const;

/** The mesh side's Envoy takes here what leaves the mesh. */
export const egressPort = 15001;

/** Pod addresses in turn: one given back is used again last, so that a late packet does not reach a stranger. */
export class AddressPool {
  private next = 2;
  private readonly used = new Map<number, string>();
  private readonly size: number;

  constructor(size = 65_534) {
    this.size = size;
  }

  /** @returns the index, which also numbers interface and users, and the addresses. */
  take(owner: string): { readonly index: number; readonly address: string; readonly ipv6: string } {
    for (let tries = 0; tries < this.size; tries++) {
      const index = this.next;
      this.next = this.next >= this.size ? 2 : this.next + 1;
      if (this.used.has(index)) continue;
      this.used.set(index, owner);
      return { index, address: `10.244.${index >> 8}.${index & 255}`, ipv6: `fd00:10:244::${index.toString(16)}` };
    }
    throw new Error(`all ${this.size} pod addresses are taken`);
  }

  release(index: number): void {
    this.used.delete(index);
  }
}
