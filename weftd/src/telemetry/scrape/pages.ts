/** What proxies and applications say of themselves, asked for when somebody wants it; nothing is read of it here. */
import { text } from 'node:stream/consumers';
import { type Format, formatOf } from '@weft/signals';
import type { Agent } from '../../api/agent.ts';
import type { DesiredThread } from '../../desired/thread.ts';
import type { Instance } from '../../registry.ts';

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

type Asks = Pick<Agent, 'get'>;
type Named = Pick<Instance['pod'], 'namespace' | 'name'>;

const pathOf = ({ namespace, name }: Named): string => `/pods/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;

/** Its page of statistics, as Prometheus' text. Rejects when it does not answer. */
export const pageOf = async (agent: Asks, pod: Named): Promise<ProxyPage> => {
  const { namespace, name } = pod;
  const answer = await agent.get(`${pathOf(pod)}/envoy/stats/prometheus`);
  const body = await text(answer);
  if (answer.statusCode === 404) throw new ProxyGone(`there is no Envoy of ${namespace}/${name}: ${body.slice(0, 300)}`);
  if (answer.statusCode !== 200) throw new Error(`the Envoy of ${namespace}/${name} does not answer: ${body.slice(0, 300)}`);
  const { headers } = answer;
  return { text: body, started: Number(headers['x-weft-started'] ?? 0), isLast: headers['x-weft-last'] !== undefined };
};

/** What an application told of itself; `failed`: it could not be asked. */
export type ApplicationPage = { readonly text: string; readonly format: Format } | 'failed';

/** @returns undefined where its pod does not say that it has something to tell (`prometheus.io/scrape`) */
export const applicationPageOf = async (agent: Asks, pod: Named): Promise<ApplicationPage | undefined> => {
  const answer = await agent.get(`${pathOf(pod)}/metrics`);
  const body = await text(answer);
  if (answer.statusCode === 204) return undefined;
  return answer.statusCode === 200 ? { text: body, format: formatOf(answer.headers['content-type'] ?? '') } : 'failed';
};
