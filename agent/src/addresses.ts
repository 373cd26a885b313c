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

/**
 * The same in IPv6, where the host has it (`node/ipv6.ts`). Pods have routes to these ranges and no other: IPv6 does not leave the
 * mesh, and an address outside is unreachable at once, so that programs take the IPv4 one.
 */
export const meshAddress6 = 'fd00:10:169::1';
/** Pods have a way to it: no pod gets it, since indexes start at 2. */
export const hairpinAddress6 = 'fd00:10:244::1';
export const podRange6 = 'fd00:10:244::/64';
export const serviceRange6 = 'fd00:10:96::/64';
export const automaticRange6 = '2001:2::/48';
export const ranges6 = [podRange6, serviceRange6, automaticRange6] as const;

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
