/** Writes down what happens, as it happens: what is not configuration is remembered nowhere else. */
import type { AlertStatus, MeshChange } from '@weft/model';
import type { DesiredThread } from '../desired/thread.ts';
import type { Log } from '../push/contract.ts';
import type { Telemetry } from '../telemetry/worker/thread.ts';
import { rolloutChanges, type Seen } from './rollout.ts';

export interface RecorderInput {
  readonly desired: Pick<DesiredThread, 'node' | 'onNode'>;
  readonly events: Telemetry['events'];
  /** Serial number of the certificate that signs now. */
  readonly signer: () => string;
  readonly version: string;
  readonly now: () => number;
  readonly log: Log;
}

export interface Recorder {
  alerts(alerts: readonly AlertStatus[]): void;
  /** What waits is written first. */
  stop(): Promise<void>;
}

/** A rollout comes in many small steps; so often they are told as one. */
const gatherMs = 3000;

const alertChange = ({ id, state, since, summary, labels }: AlertStatus): readonly MeshChange[] => {
  if (state === 'pending') return [];
  const { namespace, service, workload } = labels;
  const words = state === 'firing' ? `alert: ${summary}` : `over: ${summary}`;
  return [
    {
      ...{ at: since, kind: 'alert', words, alert: { id, fires: state === 'firing' } },
      ...(namespace !== undefined && { namespace }),
      ...(service !== undefined && { service }),
      ...(workload !== undefined && { workload }),
    },
  ];
};

const stopped = 'weftd stopped';

/** Where the last one did not say that it stopped, it was ended. */
const startOf = async ({ events, version, now }: RecorderInput): Promise<MeshChange> => {
  const before = await events.last('weftd');
  const after = before && before.words !== stopped ? ' after it had ended without a word' : '';
  return { at: now(), kind: 'weftd', words: `weftd ${version} started${after}` };
};

class Recording implements Recorder {
  readonly #input: RecorderInput;
  readonly #detach: () => void;
  #seen: Seen;
  #signer: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(input: RecorderInput) {
    this.#input = input;
    this.#seen = input.desired.node();
    this.#signer = input.signer();
    this.#detach = input.desired.onNode(() => {
      this.#timer ??= setTimeout(() => this.#look(), gatherMs);
    });
    void startOf(input).then(
      (event) => this.#add([event]),
      () => undefined,
    );
  }

  alerts = (alerts: readonly AlertStatus[]): void => void this.#add(alerts.flatMap(alertChange));

  stop = async (): Promise<void> => {
    this.#detach();
    await this.#look();
    await this.#add([{ at: this.#input.now(), kind: 'weftd', words: stopped }]);
  };

  #look(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { desired, now, signer } = this.#input;
    const [before, after, serial] = [this.#seen, desired.node(), signer()];
    this.#seen = after;
    const renewed: readonly MeshChange[] =
      serial === this.#signer
        ? []
        : [{ at: now(), kind: 'certificate', words: `certificates are signed by another intermediate, ${serial}` }];
    this.#signer = serial;
    return this.#add([...rolloutChanges(before, after, now()), ...renewed]);
  }

  async #add(events: readonly MeshChange[]): Promise<void> {
    if (events.length === 0) return;
    try {
      await this.#input.events.add(events);
    } catch (error) {
      this.#input.log.warn({ err: String(error) }, 'what happened in the mesh could not be written down');
    }
  }
}

export const startRecorder = (input: RecorderInput): Recorder => new Recording(input);
