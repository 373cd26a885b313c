/** Connections that are carried as they are: to the clusters of a chain, or out of the mesh. */
import { blackHoleCluster, passthroughCluster } from '@weft/envoy';
import type { ClusterStep, Outcome } from '@weft/model';
import type { View } from '../mesh/index.ts';
import { clusterStep } from './clusters.ts';
import type { Lead } from './entries.ts';
import type { Routed } from './route.ts';

const nothing = { virtualHost: '', route: '', timeout: 0, rewrites: {} };

/** Who is not there closes the connection. */
const outcomeOf = (clusters: readonly ClusterStep[], why: string): Outcome => {
  const [first] = clusters.flatMap(({ failure }) => failure ?? []);
  if (first && clusters.every(({ failure }) => failure)) return { kind: 'refused', flag: first.flag, why: first.why };
  const share = clusters.filter(({ failure }) => failure).reduce((sum, { percent }) => sum + percent, 0);
  return { kind: 'forward', why: first ? `${why}, but ${Math.round(share)} % are closed: ${first.why}` : why };
};

export const carried = ({ clusters, why, origin }: Lead, view: View): Routed => {
  const total = clusters.reduce((sum, { weight }) => sum + weight, 0);
  const steps = clusters.map(({ cluster, weight }) => clusterStep(cluster, view, { weight, percent: (100 * weight) / total }));
  return { ...nothing, clusters: steps, ...(origin && { object: origin }), outcome: outcomeOf(steps, why) };
};

export const bytesOutside = (view: View, why: string): Routed => {
  const { outboundTrafficPolicy, egressProxy } = view.outbound;
  const open = outboundTrafficPolicy === 'ALLOW_ANY';
  if (open && egressProxy !== undefined)
    return carried({ clusters: [{ cluster: egressProxy, weight: 1 }], why: `${why}; the Sidecar's egress proxy gets it` }, view);
  return {
    ...nothing,
    clusters: [clusterStep(open ? passthroughCluster : blackHoleCluster, view)],
    outcome: open
      ? { kind: 'passthrough', why: `${why}; ALLOW_ANY lets it go where it was dialled` }
      : { kind: 'refused', why: `${why}; REGISTRY_ONLY closes the connection` },
  };
};
