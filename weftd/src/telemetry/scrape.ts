/** Proxies' metrics under Istio's names, asked of the proxies when somebody asks for them. */
import { text } from 'node:stream/consumers';
import { seriesLimits } from '@weft/envoy';
import { type Family, federated, parseExposition, proxyMetrics, type Scrape, standardLabels } from '@weft/signals';
import type { Agent } from '../api/agent.ts';
import type { Instance } from '../registry.ts';
import { labelsOf, type MeshNames } from './labels.ts';

/** Each is a page of some hundred kilobytes on its way through the agent. */
const atOnce = 8;

/** All that the proxy says. Rejects when it does not answer. */
export const scrapeProxy = async (agent: Agent, instance: Instance, names: MeshNames): Promise<readonly Family[]> => {
  const { namespace, name } = instance.pod;
  const answer = await agent.get(`/pods/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/envoy/stats/prometheus`);
  const body = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`the Envoy of ${namespace}/${name} does not answer: ${body.slice(0, 300)}`);
  return proxyMetrics(parseExposition(body, 'text').families, labelsOf(instance, names), seriesLimits);
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
