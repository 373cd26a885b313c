/** Where a proxy is: what decides which endpoints are near it. One value for all proxies of a place. */
import type { Proxy } from '@weft/model';
import { labelledLocality } from '../kubernetes/locality.ts';
import { distributionLabels, type Labels, type Locality, type Mesh, type Origin, topologyLabels } from '../mesh/index.ts';

/** Names of labels that some priority goes by. */
const labelsAsked = (mesh: Mesh): readonly string[] =>
  mesh.memo('labels asked', [mesh.destinations, mesh.rules, mesh.services], () => {
    const ofRules = mesh.destinations.flatMap(({ failoverLabels }) => failoverLabels ?? []);
    const ofMesh = mesh.rules.locality.failoverPriority.map((entry) => entry.split('=')[0] ?? '');
    const ofServices = mesh.services.some(({ distribution }) => distribution) ? distributionLabels : [];
    return [...new Set([...ofRules, ...ofMesh, ...ofServices])].sort();
  });

/** A proxy that is no registered instance says itself where it is. */
const placeOf = (mesh: Mesh, proxy: Proxy): { readonly labels: Labels; readonly locality: Locality } => {
  const known = mesh.workloads.get(`${proxy.namespace}/${proxy.name}`);
  if (known) return known;
  return { labels: proxy.labels, locality: labelledLocality(proxy.labels) ?? proxy.locality };
};

export const originOf = (mesh: Mesh, proxy: Proxy): Origin => {
  const { labels, locality } = placeOf(mesh, proxy);
  const asked = labelsAsked(mesh);
  const { region, zone, subzone } = locality;
  const own = mesh.memo(`labels asked of ${proxy.namespace}/${proxy.name}`, [labels, asked, region, zone, subzone], () => {
    const all = topologyLabels({ labels, locality });
    return Object.fromEntries(asked.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])));
  });
  const key = JSON.stringify([region, zone, subzone, own]);
  return mesh.memo(`origin ${key}`, [mesh.rules.locality], () => ({ locality, labels: own, balancing: mesh.rules.locality }));
};
