/** Where things are, as labels say it. */
import { type Labels, type Locality, nowhere, regionLabel, subzoneLabel, zoneLabel } from '../mesh/index.ts';

/** `region/zone/subzone`, of which the end may be missing. */
export const localityOf = (text: string | undefined): Locality => {
  if (!text) return nowhere;
  const [region = '', zone = '', subzone = ''] = text.split('/');
  return { region, zone, subzone };
};

/** Labels cannot have slashes: `region.zone.subzone` stands for them (Istio's `SanitizeLocalityLabel`). */
const written = (text: string): string => (text.includes('/') ? text : text.replaceAll('.', '/'));

/**
 * Istio's own label, by its new name (1.29) or its old one, else Kubernetes' labels, which stand on nodes and which Kubernetes copies
 * to their pods.
 */
export const labelledLocality = (labels: Labels): Locality | undefined => {
  const own = labels['topology.istio.io/locality'] || labels['istio-locality'];
  if (own) return localityOf(written(own));
  const [region, zone, subzone] = [labels[regionLabel], labels[zoneLabel], labels[subzoneLabel]];
  if (region === undefined && zone === undefined && subzone === undefined) return undefined;
  return { region: region ?? '', zone: zone ?? '', subzone: subzone ?? '' };
};
