/** Whom a sidecar has clusters for, whatever it calls them with. */
import type { Mesh } from '../mesh/index.ts';
import type { Client } from './client.ts';
import { everythingImported, importedBy } from './imports.ts';
import type { SeenServices } from './services.ts';
import { sidecarOf } from './sidecar.ts';
import { surroundingsOf } from './surroundings.ts';

const seenBy = (mesh: Mesh, client: Client): SeenServices => {
  const sidecar = sidecarOf(mesh, client);
  if (!sidecar) return surroundingsOf(mesh, client.namespace).services;
  return everythingImported(
    mesh,
    sidecar.egress.map((listener) => importedBy(mesh, client.namespace, listener)),
  );
};

export const reaches = (mesh: Mesh, client: Client, { host, port }: { readonly host: string; readonly port: number }): boolean =>
  seenBy(mesh, client)
    .byHost.get(host)
    ?.ports.some(({ number }) => number === port) ?? false;
