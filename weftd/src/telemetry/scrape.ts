/** Proxies' metrics under Istio's names, asked of the proxies when somebody asks for them. */
import { text } from 'node:stream/consumers';
import { seriesLimits } from '@weft/envoy';
import { type Family, federated, merged, parseExposition, proxyMetrics, type Scrape, standardLabels } from '@weft/signals';
import type { Agent } from '../api/agent.ts';
import type { DesiredThread } from '../desired/thread.ts';
import type { Instance } from '../registry.ts';
import { labelsOf, type MeshNames } from './labels.ts';

/** Each is a page of some hundred kilobytes on its way through the agent. */
const atOnce = 8;

export const proxiesOf = (desired: Pick<DesiredThread, 'node'>): readonly Instance[] =>
  desired.node().instances.filter(({ pod }) => pod.proxy !== 'none');

export interface ProxyPage {
  readonly text: string;
  /** When its process began to count; Unix milliseconds. */
  readonly started: number;
  /** The proxy is gone, and this is what it had counted at its end. */
  readonly isLast: boolean;
}

/** The proxy does not run, and nothing is known of it any more. */
export class ProxyGone extends Error {}

/** Its page of statistics, as Prometheus' text. Rejects when it does not answer. */
export const pageOf = async (
  agent: Pick<Agent, 'get'>,
  { namespace, name }: Pick<Instance['pod'], 'namespace' | 'name'>,
): Promise<ProxyPage> => {
  const answer = await agent.get(`/pods/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/envoy/stats/prometheus`);
  const body = await text(answer);
  if (answer.statusCode === 404) throw new ProxyGone(`there is no Envoy of ${namespace}/${name}: ${body.slice(0, 300)}`);
  if (answer.statusCode !== 200) throw new Error(`the Envoy of ${namespace}/${name} does not answer: ${body.slice(0, 300)}`);
  const { headers } = answer;
  return { text: body, started: Number(headers['x-weft-started'] ?? 0), isLast: headers['x-weft-last'] !== undefined };
};

/** All that the proxy says. Rejects when it does not answer. */
export const scrapeProxy = async (agent: Agent, instance: Instance, names: MeshNames): Promise<readonly Family[]> => {
  const { text: page } = await pageOf(agent, instance.pod);
  return proxyMetrics(parseExposition(page, 'text').families, labelsOf(instance.pod, names), seriesLimits);
};

const pathOf = ({ namespace, name }: Instance['pod']): string => `/pods/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;

/** 1: it said what it had to say; 0: it could not be asked, or what it said could not be read. Absent where it has nothing to say. */
const applicationAnswered = (value: number): Family => ({
  name: 'weft_application_answered',
  type: 'gauge',
  help: '1 where the application told its own metrics, as its pod says that it has some; 0 where it could not be asked or read.',
  samples: [{ name: 'weft_application_answered', labels: {}, value }],
});

/** With what its application says itself (`prometheus.io/scrape`), as far as it leaves the mesh's names to the mesh. */
export const scrapeWithApplication = async (agent: Agent, instance: Instance, names: MeshNames): Promise<readonly Family[]> => {
  const [proxy, answer] = await Promise.all([
    scrapeProxy(agent, instance, names),
    agent
      .get(`${pathOf(instance.pod)}/metrics`)
      .then(async (got) => ({ status: got.statusCode, type: got.headers['content-type'] ?? '', body: await text(got) })),
  ]);
  if (answer.status === 204) return proxy;
  if (answer.status !== 200) return [...proxy, applicationAnswered(0)];
  const format = answer.type.startsWith('application/openmetrics-text') ? 'openmetrics' : 'text';
  const { families } = merged(proxy, parseExposition(answer.body, format));
  return [...families, applicationAnswered(1)];
};

/** Of many proxies together, only what is the mesh's: Envoy's own would be thousands of series for each. */
const isMeshs = ({ name }: Family): boolean => standardLabels.has(name) || name.startsWith('weft_');

const answered = (value: number): Family => ({
  name: 'weft_proxy_answered',
  type: 'gauge',
  help: '1 where the proxy told its metrics; of one that did not, nothing is here.',
  samples: [{ name: 'weft_proxy_answered', labels: {}, value }],
});

const scrapeOf = async (agent: Agent, instance: Instance, names: MeshNames): Promise<Scrape> => {
  const { namespace, name: pod } = instance.pod;
  const families = await scrapeProxy(agent, instance, names).catch(() => undefined);
  return { target: { namespace, pod }, families: families ? [...families.filter(isMeshs), answered(1)] : [answered(0)] };
};

/** One that does not answer is told, and takes nothing from the others. */
export const scrapeAll = async (agent: Agent, instances: readonly Instance[], names: MeshNames): Promise<readonly Family[]> => {
  const scrapes: Scrape[] = [];
  const waiting = [...instances].reverse();
  const work = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) scrapes.push(await scrapeOf(agent, next, names));
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return federated(scrapes.sort((a, b) => (JSON.stringify(a.target) < JSON.stringify(b.target) ? -1 : 1)));
};
