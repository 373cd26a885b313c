/**
 * When to ask which probe, and what follows: Kubernetes' rules ("Configure Liveness, Readiness and Startup Probes").
 * `judge` is the pure part.
 */
import type { ContainerSpec, Probe } from '@weft/model';
import type { Outcome } from './ask.ts';

export interface Verdict {
  readonly passing: boolean;
  readonly successes: number;
  readonly failures: number;
}

export const unknown: Verdict = { passing: false, successes: 0, failures: 0 };

/** One outcome more: thresholds count outcomes in a row. */
export const judge = (probe: Probe, before: Verdict, ok: boolean): Verdict => {
  const successes = ok ? before.successes + 1 : 0;
  const failures = ok ? 0 : before.failures + 1;
  if (successes >= probe.successThreshold) return { passing: true, successes, failures };
  if (failures >= probe.failureThreshold) return { passing: false, successes, failures };
  return { passing: before.passing, successes, failures };
};

export interface ProbeEvents {
  readonly ask: (probe: Probe) => Promise<Outcome>;
  readonly onReady: (ready: boolean, reason: string) => void;
  /** A liveness or startup probe failed too often: the container must be started again. */
  readonly onDead: (reason: string) => void;
}

/** Before the first success a port is asked this often: most open in less than a second, and a period is ten. */
const eagerMs = 250;

/** A timer that `signal` ends early. */
const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });

interface Loop {
  readonly probe: Probe;
  readonly ask: ProbeEvents['ask'];
  readonly signal: AbortSignal;
  /** @returns whether to go on. */
  readonly onOutcome: (verdict: Verdict, outcome: Outcome) => boolean;
  /** Ask more often than the period until the first success; such failures do not count. */
  readonly eager: boolean;
}

const loop = async ({ probe, ask, signal, onOutcome, eager }: Loop): Promise<void> => {
  let verdict = unknown;
  let impatient = eager;
  const period = Math.max(1, probe.periodSeconds) * 1_000;
  // What has just been started is given one period before a failure counts against it.
  let sinceCounted = 0;
  await sleep((probe.initialDelaySeconds || (eager ? 0 : probe.periodSeconds)) * 1_000, signal);
  while (!signal.aborted) {
    const outcome = await ask(probe);
    if (signal.aborted) return;
    impatient &&= !outcome.ok;
    if (outcome.ok || !eager || sinceCounted >= period) {
      verdict = judge(probe, verdict, outcome.ok);
      sinceCounted = 0;
      if (!onOutcome(verdict, outcome)) return;
    }
    const wait = impatient ? Math.min(eagerMs, period) : period;
    sinceCounted += wait;
    await sleep(wait, signal);
  }
};

const reasonOf = (name: string, outcome: Outcome): string => (outcome.ok ? '' : `${name} probe: ${outcome.reason}`);

/** Probes one run of a container until `signal`. Without a readiness probe it is ready once it has started. */
export const probeContainer = async (container: ContainerSpec, events: ProbeEvents, signal: AbortSignal): Promise<void> => {
  const { startupProbe, readinessProbe, livenessProbe } = container;
  const { ask } = events;
  if (startupProbe) {
    events.onReady(false, 'waiting for the startup probe');
    let started = false;
    await loop({
      probe: startupProbe,
      ask,
      signal,
      eager: true,
      onOutcome: (verdict, outcome) => {
        started = verdict.passing;
        if (started) return false;
        if (verdict.failures < startupProbe.failureThreshold) return true;
        events.onDead(reasonOf('startup', outcome));
        return false;
      },
    });
    if (!started) return;
  }
  const readiness = async (probe: Probe): Promise<void> => {
    events.onReady(false, 'waiting for the readiness probe');
    await loop({
      probe,
      ask,
      signal,
      eager: true,
      onOutcome: (verdict, outcome) => {
        events.onReady(verdict.passing, verdict.passing ? '' : reasonOf('readiness', outcome));
        return true;
      },
    });
  };
  const liveness = (probe: Probe): Promise<void> =>
    loop({
      probe,
      ask,
      signal,
      eager: false,
      onOutcome: (verdict, outcome) => {
        if (outcome.ok || verdict.failures < probe.failureThreshold) return true;
        events.onDead(reasonOf('liveness', outcome));
        return false;
      },
    });
  if (!readinessProbe) events.onReady(true, '');
  await Promise.all([readinessProbe && readiness(readinessProbe), livenessProbe && liveness(livenessProbe)]);
};
