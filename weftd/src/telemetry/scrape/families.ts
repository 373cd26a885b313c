/** Pages of proxies and applications → what Prometheus is told, under Istio's names. */
import { seriesLimits } from '@weft/envoy';
import { type Family, merged, parseExposition, proxyMetrics, standardLabels, type WorkloadLabels } from '@weft/signals';
import type { ApplicationPage } from './pages.ts';

const answered = (name: string, help: string, value: number): Family => ({
  ...{ name, type: 'gauge', help },
  samples: [{ name, labels: {}, value }],
});

const proxyAnswered = (value: number): Family =>
  answered('weft_proxy_answered', '1 where the proxy told its metrics; of one that did not, nothing is here.', value);

/** Absent where the application has nothing to say. */
const applicationAnswered = (value: number): Family =>
  answered(
    'weft_application_answered',
    '1 where the application told its own metrics, as its pod says that it has some; 0 where it could not be asked or read.',
    value,
  );

const familiesOf = (page: string, own: WorkloadLabels): readonly Family[] =>
  proxyMetrics(parseExposition(page, 'text').families, own, seriesLimits);

/** Of many proxies together, only what is the mesh's: Envoy's own would be thousands of series for each. */
const isMeshs = ({ name }: Family): boolean => standardLabels.has(name) || name.startsWith('weft_');

/** @param page undefined: it did not answer, which takes nothing from the others */
export const oneOfMany = (page: string | undefined, own: WorkloadLabels): readonly Family[] =>
  page === undefined ? [proxyAnswered(0)] : [...familiesOf(page, own).filter(isMeshs), proxyAnswered(1)];

/** With what its application says itself, as far as it leaves the mesh's names to the mesh. */
export const oneWithApplication = (page: string, own: WorkloadLabels, application: ApplicationPage | undefined): readonly Family[] => {
  const proxy = familiesOf(page, own);
  if (application === undefined) return proxy;
  if (application === 'failed') return [...proxy, applicationAnswered(0)];
  const { families } = merged(proxy, parseExposition(application.text, application.format));
  return [...families, applicationAnswered(1)];
};
