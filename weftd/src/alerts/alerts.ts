/** Alerts beside the rest of weftd: their thread is told what is configured and how things stand, and answers the API. */
import type { AlertStatus } from '@weft/model';
import type { SeenNow, SignalsQuery } from '@weft/signals';
import type { Ca } from '../ca/ca.ts';
import type { DesiredThread } from '../desired/thread.ts';
import type { Log, Push } from '../push/contract.ts';
import { AlertsThread } from './thread.ts';

export interface AlertParts {
  readonly desired: DesiredThread;
  readonly push: Push;
  readonly ca: Ca;
  readonly query: SignalsQuery;
  /** Path of the file that remembers. */
  readonly memory: string;
  /** Where weftd's API answers. */
  readonly externalUrl: string;
  readonly log: Log;
  /** Called with alerts that came into another state; with none where silences changed. */
  readonly onChange: (alerts: readonly AlertStatus[]) => void;
}

export interface Alerts {
  readonly call: AlertsThread['call'];
  stop(): Promise<void>;
}

/** How often it is looked how things stand. */
const lookMs = 2000;
/** Which workloads there are, and with them which modes, changes without a revision. */
const readMs = 30_000;

type Standing = Pick<AlertParts, 'desired' | 'push' | 'ca'>;

/** A proxy that was never seen is not connected. */
const sightOf = ({ desired, push, ca }: Standing): SeenNow => {
  const known = new Map(push.proxies().map((proxy) => [`${proxy.namespace}/${proxy.name}`, proxy]));
  const proxied = desired.node().instances.filter(({ pod }) => pod.proxy !== 'none');
  return {
    proxies: proxied.map(({ pod: { namespace, name } }) => {
      const proxy = known.get(`${namespace}/${name}`);
      return { namespace, name, connected: proxy?.connected ?? false, inStep: proxy?.inStep ?? false };
    }),
    certificates: ca.expiries(),
  };
};

const looking = (thread: AlertsThread, { desired, push, ca, externalUrl, log }: AlertParts): (() => void) => {
  let told = { revision: Number.NaN, starts: 0, at: 0 };
  const read = async (): Promise<void> => {
    const next = { revision: desired.plan.revision(), starts: thread.starts(), at: performance.now() };
    if (next.revision === told.revision && next.starts === told.starts && next.at - told.at < readMs) return;
    const configuration = await desired.call('alerting');
    await thread.call('configure', { configuration, externalUrl });
    told = next;
  };
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    try {
      await read();
      await thread.call('see', sightOf({ desired, push, ca }));
    } catch (error) {
      if (!ended) log.warn({ err: String(error) }, 'alerts do not know what is in force');
    }
    if (ended) return;
    timer = setTimeout(look, lookMs);
    timer.unref();
  };
  void look();
  return () => {
    ended = true;
    clearTimeout(timer);
  };
};

export const startAlerts = (parts: AlertParts): Alerts => {
  const { memory, query, log, onChange } = parts;
  const thread = new AlertsThread({ memory, query, log, onChange });
  const endLooking = looking(thread, parts);
  return {
    call: thread.call,
    stop: () => {
      endLooking();
      return thread.stop();
    },
  };
};
