/**
 * Asks all proxies every ten seconds for what they have counted, and hands it to the store's thread as it came: this one only carries it. A proxy
 * that does not answer is asked less and less often, one that ended once more for its last words.
 */
import type { Agent } from '../../api/agent.ts';
import type { Log } from '../../push/contract.ts';
import type { Instance } from '../../registry.ts';
import { labelsOf, type MeshNames } from '../labels.ts';
import { ProxyGone, pageOf } from '../scrape/pages.ts';
import type { RemoteStore } from '../worker/stores.ts';
import { askApplications } from './asking.ts';
import { breakerLooks } from './breakers.ts';
import type { Reading } from './reading.ts';
import { startOf, tiers } from './tiers.ts';
import { UsageWatch } from './usage.ts';

const interval = tiers[0]?.step ?? 10_000;
/** Each page has some hundred kilobytes. */
const atOnce = 8;
/** Rounds that are left out at most. */
const longestPause = 6;
/** One that is no longer wanted still serves while its connections drain. */
const drainingMs = 300_000;

export interface ScrapingInput {
  readonly agent: Pick<Agent, 'get'>;
  readonly metrics: Pick<RemoteStore<'metrics'>, 'add' | 'look' | 'commit'>;
  /** Takes what workloads tell of themselves, of metrics that are `wanted`. */
  readonly applications: Pick<RemoteStore<'metrics'>, 'tell'>;
  readonly wanted: () => readonly string[];
  readonly proxies: () => readonly Instance[];
  /** Of the configuration that is in force. */
  readonly revision: () => number;
  readonly names: MeshNames;
  readonly now: () => number;
  readonly log: Log;
}

/** A proxy that is asked. */
interface Asked {
  readonly instance: Instance;
  /** Since when it is not wanted any more. */
  leaving?: number;
  failures: number;
  /** Rounds to leave out. */
  pause: number;
}

class Scraping {
  readonly #input: ScrapingInput;
  readonly #usage: UsageWatch;
  readonly #asked = new Map<string, Asked>();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();
  #stopped = false;
  #isTroubled = false;

  constructor(input: ScrapingInput) {
    this.#input = input;
    this.#usage = new UsageWatch(input.agent, input.now);
    // Who leaves before the first round is asked too.
    this.#meet();
    this.#schedule();
  }

  /** What was counted until now is kept, as far as proxies still answer. */
  stop = async (): Promise<void> => {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#round;
  };

  /** At the ends of steps, so that what was read is what a step has counted; a round that takes longer leaves some out. */
  #schedule(): void {
    if (this.#stopped) return;
    const now = this.#input.now();
    this.#timer = setTimeout(
      () => {
        this.#round = this.#once().finally(() => this.#schedule());
      },
      startOf(now, interval) + interval - now,
    );
  }

  async #once(): Promise<void> {
    const { metrics, revision, now, log } = this.#input;
    this.#meet();
    const waiting = [...this.#asked.values()].filter((asked) => !isPaused(asked));
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next; next = waiting.pop()) await this.#ask(next);
    };
    try {
      await Promise.all(Array.from({ length: atOnce }, work));
      await this.#lookAround();
      await metrics.commit(now(), revision());
      this.#isTroubled = false;
    } catch (error) {
      // Once, not every ten seconds: a full disk lasts.
      if (!this.#isTroubled) log.warn({ err: String(error) }, 'what proxies counted cannot be kept; it is tried again');
      this.#isTroubled = true;
    }
  }

  /** What everything stands at; where the agent says nothing of it, that is missing and no more. */
  async #lookAround(): Promise<void> {
    const { agent, metrics, applications, wanted, proxies, names, now } = this.#input;
    const instances = proxies();
    const used = await this.#usage.look(instances, names).catch(() => []);
    const breakers = await breakerLooks(agent, instances, names);
    if (used.length + breakers.length > 0) await metrics.look([...used, ...breakers], now());
    await askApplications({ agent, metrics: applications, names, now }, instances, wanted());
  }

  /** Who came and who left. */
  #meet(): void {
    const { proxies, now } = this.#input;
    const wanted = new Map(proxies().map((instance) => [nameOf(instance), instance]));
    for (const [name, instance] of wanted) {
      if (!this.#asked.has(name)) this.#asked.set(name, { instance, failures: 0, pause: 0 });
    }
    for (const [name, asked] of this.#asked) {
      if (wanted.has(name)) continue;
      asked.leaving ??= now();
      if (now() - asked.leaving > drainingMs) this.#asked.delete(name);
    }
  }

  /** Rejects when the store takes nothing. */
  async #ask(asked: Asked): Promise<void> {
    const { agent, metrics, names, now } = this.#input;
    const { instance } = asked;
    const page = await pageOf(agent, instance.pod).catch((error: Error) => error);
    if (page instanceof Error) {
      if (page instanceof ProxyGone && asked.leaving !== undefined) this.#asked.delete(nameOf(instance));
      asked.failures += 1;
      asked.pause = Math.min(longestPause, asked.failures - 1);
      return;
    }
    asked.failures = 0;
    if (page.isLast) this.#asked.delete(nameOf(instance));
    const reading: Reading = {
      target: nameOf(instance),
      own: labelsOf(instance.pod, names),
      at: now(),
      started: page.started,
      page: page.text,
    };
    await metrics.add([reading]);
  }
}

const nameOf = ({ pod }: Instance): string => `${pod.namespace}/${pod.name}`;

const isPaused = (asked: Asked): boolean => {
  if (asked.pause === 0) return false;
  asked.pause -= 1;
  return true;
};

export const startScraping = (input: ScrapingInput): { stop(): Promise<void> } => new Scraping(input);
