/** Where things are, as labels say it. */
import { type Labels, type Locality, nowhere } from '../mesh/index.ts';

const region = 'topology.kubernetes.io/region';
const zone = 'topology.kubernetes.io/zone';
const subzone = 'topology.istio.io/subzone';

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
  if (labels[region] === undefined && labels[zone] === undefined && labels[subzone] === undefined) return undefined;
  return { region: labels[region] ?? '', zone: labels[zone] ?? '', subzone: labels[subzone] ?? '' };
};

interface Placed {
  readonly labels: Labels;
  readonly locality: Locality;
}

/** Labels as priorities look at them: those of the locality are there however it was said (Istio's `AugmentLabels`). */
export const topologyLabels = ({ labels, locality }: Placed): Labels => ({
  ...labels,
  ...(locality.region && { [region]: locality.region }),
  ...(locality.zone && { [zone]: locality.zone }),
  ...(locality.subzone && { [subzone]: locality.subzone }),
});
