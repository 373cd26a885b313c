/**
 * The main thread's hold on the thread that writes scrapes. To read and write the metrics of a thousand proxies takes minutes of a processor, and
 * on the main thread proxies wait for their configuration: it only carries pages from the agent to the thread, and the text to who asked.
 */
import { Worker } from 'node:worker_threads';
import type { Family, Format } from '@weft/signals';
import type { Agent } from '../../api/agent.ts';
import type { Instance } from '../../registry.ts';
import { workerFile } from '../../worker-file.ts';
import { labelsOf, type MeshNames } from '../labels.ts';
import type { LatestSpan } from '../traces/search.ts';
import type { FromScrape, ToScrape } from './messages.ts';
import { applicationPageOf, type ProxyPage, pageOf } from './pages.ts';

export interface Scraped {
  readonly agent: Pick<Agent, 'get'>;
  readonly names: MeshNames;
  readonly format: Format;
  /** Newest first: exemplars of how long requests took. */
  readonly spans: readonly LatestSpan[];
}

const spansOf = ({ spans }: Scraped, { namespace, name }: Instance['pod']): readonly LatestSpan[] =>
  spans.filter((span) => span.pod === name && span.namespace === namespace);

export interface Scrapes {
  /** Of all these proxies what is the mesh's, and these families. */
  all(scraped: Scraped, instances: readonly Instance[], more: readonly Family[]): Promise<readonly Uint8Array[]>;
  /** All that one proxy says, and its application. Rejects when the proxy does not answer. */
  one(scraped: Scraped, instance: Instance): Promise<readonly Uint8Array[]>;
  stop(): Promise<void>;
}

/** Each is a page of some hundred kilobytes on its way through the agent. */
const atOnce = 8;

interface Pending {
  readonly resolve: (answer: FromScrape) => void;
  readonly reject: (error: Error) => void;
}

const byName = (a: Instance, b: Instance): number => a.pod.namespace.localeCompare(b.pod.namespace) || a.pod.name.localeCompare(b.pod.name);

class ScrapeThread implements Scrapes {
  #worker: Worker | undefined;
  /** Answers come in the order of the questions. */
  readonly #pending: Pending[] = [];
  /** Of all proxies one scrape after another: two that come together would need twice the memory. */
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  all(scraped: Scraped, instances: readonly Instance[], more: readonly Family[]): Promise<readonly Uint8Array[]> {
    const next = this.#last.then(async () => {
      const scrape = await this.#begun(scraped);
      await this.#carry(scrape, scraped, instances.toSorted(byName));
      return this.#written(scrape, more);
    });
    this.#last = next.catch(() => {});
    return next;
  }

  async one(scraped: Scraped, { pod }: Instance): Promise<readonly Uint8Array[]> {
    const { agent, names } = scraped;
    const [{ text: page }, application] = await Promise.all([pageOf(agent, pod), applicationPageOf(agent, pod)]);
    const scrape = await this.#begun(scraped);
    await this.#ask({ kind: 'whole', scrape, own: labelsOf(pod, names), spans: spansOf(scraped, pod), page, application });
    return this.#written(scrape, []);
  }

  stop = async (): Promise<void> => {
    await this.#worker?.terminate();
  };

  async #begun({ format }: Scraped): Promise<number> {
    const scrape = this.#count++;
    await this.#ask({ kind: 'begin', scrape, format });
    return scrape;
  }

  /** In their order; no more pages are on their way than the thread takes meanwhile. */
  async #carry(scrape: number, scraped: Scraped, instances: readonly Instance[]): Promise<void> {
    const { agent, names } = scraped;
    const waiting = [...instances];
    const ahead: { readonly pod: Instance['pod']; readonly page: Promise<ProxyPage | undefined> }[] = [];
    const askNext = (): void => {
      const next = waiting.shift();
      if (next) ahead.push({ pod: next.pod, page: pageOf(agent, next.pod).catch(() => undefined) });
    };
    for (let index = 0; index < atOnce; index += 1) askNext();
    for (let next = ahead.shift(); next; next = ahead.shift()) {
      const { pod } = next;
      const page = await next.page;
      askNext();
      const target = { namespace: pod.namespace, pod: pod.name };
      await this.#ask({ kind: 'proxy', scrape, target, own: labelsOf(pod, names), spans: spansOf(scraped, pod), page: page?.text });
    }
  }

  async #written(scrape: number, families: readonly Family[]): Promise<readonly Uint8Array[]> {
    const answer = await this.#ask({ kind: 'end', scrape, families });
    return answer.kind === 'written' ? answer.pieces : [];
  }

  #ask(message: ToScrape): Promise<FromScrape> {
    this.#worker ??= this.#started();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      // Throws where something in it cannot be carried over; then nobody answers.
      worker.postMessage(message);
      this.#pending.push({ resolve, reject });
    });
  }

  /** When it is first needed: many a mesh has nobody who scrapes it. One that died is followed by another at the next scrape. */
  #started(): Worker {
    const worker = new Worker(workerFile(import.meta.url, 'weftd-scrape'), { name: 'scrape' });
    let reason: unknown;
    worker.unref();
    worker.on('message', (answer: FromScrape) => {
      const pending = this.#pending.shift();
      if (answer.kind === 'failed') pending?.reject(answer.error instanceof Error ? answer.error : new Error(String(answer.error)));
      else pending?.resolve(answer);
    });
    worker.on('error', (error) => {
      reason = error;
    });
    worker.on('exit', () => {
      this.#worker = undefined;
      for (const { reject } of this.#pending.splice(0)) reject(new Error('the thread that writes scrapes ended', { cause: reason }));
    });
    return worker;
  }
}

export const scrapeThread = (): Scrapes => new ScrapeThread();
