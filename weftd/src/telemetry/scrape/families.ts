/** Pages of proxies and applications → what Prometheus is told, under Istio's names. */
import { seriesLimits } from '@weft/envoy';
import {
  type Family,
  merged,
  parseExposition,
  proxyMetrics,
  standardLabels,
  type TracedSpan,
  type WorkloadLabels,
  withExemplars,
} from '@weft/signals';
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

export interface ProxyTold<Page> {
  /** `/stats/prometheus`. */
  readonly page: Page;
  readonly own: WorkloadLabels;
  /** Of requests that it served and made, newest first. */
  readonly spans: readonly TracedSpan[];
}

const familiesOf = ({ page, own, spans }: ProxyTold<string>): readonly Family[] =>
  withExemplars(proxyMetrics(parseExposition(page, 'text').families, own, seriesLimits), spans);

/** Of many proxies together, only what is the mesh's: Envoy's own would be thousands of series for each. */
const isMeshs = ({ name }: Family): boolean => standardLabels.has(name) || name.startsWith('weft_');

/** @param page undefined: it did not answer, which takes nothing from the others */
export const oneOfMany = ({ page, ...told }: ProxyTold<string | undefined>): readonly Family[] =>
  page === undefined ? [proxyAnswered(0)] : [...familiesOf({ page, ...told }).filter(isMeshs), proxyAnswered(1)];

/** With what its application says itself, as far as it leaves the mesh's names to the mesh. */
export const oneWithApplication = (told: ProxyTold<string>, application: ApplicationPage | undefined): readonly Family[] => {
  const proxy = familiesOf(told);
  if (application === undefined) return proxy;
  if (application === 'failed') return [...proxy, applicationAnswered(0)];
  const read = parseExposition(application.text, application.format);
  // A page of something else; one line that can be read makes it metrics.
  const isSomethingElse = read.families.length === 0 && read.faults.length > 0;
  return [...merged(proxy, read).families, applicationAnswered(isSomethingElse ? 0 : 1)];
};
