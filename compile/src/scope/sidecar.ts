/** Which Sidecar a proxy obeys [S20]. Gateways obey none. */
import { type Mesh, type Sidecar, selects } from '../mesh/index.ts';
import type { Client } from './client.ts';

interface OfNamespace {
  readonly selecting: readonly Sidecar[];
  /** The oldest that is for all. */
  readonly whole: Sidecar | undefined;
}

const byNamespace = ({ memo, sidecars }: Mesh): ReadonlyMap<string, OfNamespace> =>
  memo('sidecars by namespace', [sidecars], () => {
    const namespaces = Map.groupBy(sidecars, ({ namespace }) => namespace);
    return new Map(
      [...namespaces].map(([namespace, own]) => [
        namespace,
        { selecting: own.filter(({ selector }) => selector), whole: own.find(({ selector }) => !selector) },
      ]),
    );
  });

/** With a selector, for the namespace, for the mesh; of equals the oldest. */
export const sidecarOf = (mesh: Mesh, { namespace, labels }: Client): Sidecar | undefined => {
  if (mesh.sidecars.length === 0) return undefined;
  const namespaces = byNamespace(mesh);
  const own = namespaces.get(namespace);
  return (
    own?.selecting.find(({ selector }) => selects(selector ?? {}, labels)) ?? own?.whole ?? namespaces.get(mesh.rules.rootNamespace)?.whole
  );
};
