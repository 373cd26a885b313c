import type { Encoded, ResourceSet } from '@weft/envoy';
import type { Proxy } from '@weft/model';

export type { Encoded, ResourceSet };

/** What one proxy shall have, as of one revision of desired state. */
export interface Planned {
  readonly revision: number;
  readonly resources: ResourceSet;
}

/** The push side's view of the compiler: who asks gets told, now and at each change of the proxy's own resources or the revision. */
export interface Plan {
  /** `onChange` is called (asynchronously the first time) with each new plan; equal maps keep their identity. Returns the detach function. */
  attach(proxy: Proxy, onChange: (planned: Planned) => void): () => void;
  /** The current revision of desired state that has been compiled. */
  revision(): number;
}
