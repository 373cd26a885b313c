import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Node } from '@weft/envoy/gen/envoy/config/core/v3/base_pb.js';
import type { DeltaDiscoveryRequest } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import type { Logger } from 'pino';
import { type Envelope, readEnvelope } from './envelope.ts';
import type { RelayTiming } from './proxy.ts';
import { type Request, Session } from './session.ts';
import type { Configuration } from './subscription.ts';
import { Upstream, type UpstreamInput } from './upstream.ts';
import { fromWire, toWire } from './wire.ts';

export type Downstream = ServerDuplexStream<DeltaDiscoveryRequest, Buffer>;

/** When weftd failed this proxy first; outlives streams, since a flapping weftd must not start the grace anew [R5]. */
export interface Absence {
  since: number | undefined;
}

export interface StreamInput {
  readonly call: Downstream;
  readonly node: Node;
  readonly upstream: Pick<UpstreamInput, 'address' | 'identity' | 'random'>;
  readonly timing: RelayTiming;
  readonly now: () => number;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  readonly absence: Absence;
  readonly snapshot: () => Configuration | undefined;
  /** Envoy acknowledged a whole configuration, and nothing has moved for a while. */
  readonly onWhole: (configuration: Configuration) => void;
}

/** How long an acknowledgement that is on its way holds up the announcement to a new stream. */
const settleMs = 1_000;
const saveAtLatestMs = 5_000;

type Clock = 'announce' | 'absence' | 'silence' | 'save';

/** One ADS stream of Envoy and, behind it, one after another, streams to weftd. */
export class RelayedStream {
  readonly #input: StreamInput;
  readonly #session: Session;
  readonly #upstream: Upstream;
  readonly #timers = new Map<Clock, NodeJS.Timeout>();
  #announced = false;
  #nodeTold = false;
  /** weftd has spoken on the present stream [R6]. */
  #heard = false;
  #savedChanges = 0;
  #unsavedSince: number | undefined;
  #problem = '';
  source: 'none' | 'weftd' | 'snapshot' = 'none';

  constructor(input: StreamInput) {
    this.#input = input;
    this.#session = new Session(input.snapshot);
    input.absence.since ??= input.now();
    this.#upstream = new Upstream({
      ...input.upstream,
      timing: input.timing,
      onOpen: () => this.#opened(),
      onMessage: (bytes) => this.#message(bytes),
      onLoss: (reason) => this.#lost(reason),
    });
  }

  /** A message of Envoy's. */
  request(message: DeltaDiscoveryRequest): void {
    const request = fromWire(message);
    if (request.error) this.#input.logger.warn({ type: request.typeUrl, error: request.error.message }, 'Envoy refused a configuration');
    if (this.source === 'none' && Object.keys(request.initialVersions).length > 0) this.source = 'snapshot';
    const forward = this.#session.request(request);
    if (this.#announced && forward) this.#tell([forward]);
    else if (!this.#announced && this.#upstream.isOpen() && this.#session.settled()) this.#announce();
    this.#watch();
  }

  state(): 'connecting' | 'healthy' | 'lost' {
    if (this.#heard || (this.#announced && !this.#session.owes())) return 'healthy';
    const { absence, now, timing } = this.#input;
    return now() - (absence.since ?? now()) < timing.grace ? 'connecting' : 'lost';
  }

  problem(): string {
    return this.state() === 'lost' ? `weftd is away${this.#problem === '' ? '' : `: ${this.#problem}`}` : '';
  }

  /** The workload has a new certificate. */
  move(): void {
    this.#upstream.move();
  }

  /** Envoy went away, or the agent does. */
  close(): void {
    this.#save();
    if (this.state() !== 'lost') this.#input.absence.since = undefined;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#upstream.close();
  }

  #opened(): void {
    this.#announced = false;
    this.#nodeTold = false;
    this.#heard = false;
    // What Envoy is about to acknowledge would be sent once more if it were announced as missing.
    if (this.#session.settled()) this.#announce();
    else this.#after('announce', settleMs, () => this.#announce());
    this.#watch();
  }

  #announce(): void {
    this.#clear('announce');
    const requests = this.#session.announce();
    this.#announced = requests.length > 0;
    this.#tell(requests);
  }

  #tell(requests: readonly Request[]): void {
    for (const request of requests) {
      this.#upstream.send(toWire(request, this.#nodeTold ? undefined : this.#input.node));
      this.#nodeTold = true;
    }
  }

  #message(bytes: Buffer): void {
    if (!this.#heard) {
      this.#heard = true;
      this.#problem = '';
      this.#input.absence.since = undefined;
    }
    this.source = 'weftd';
    this.#clear('silence');
    const envelope = readable(bytes);
    if (!envelope) {
      this.#upstream.restart('it sent what cannot be read');
      return;
    }
    const answer = this.#session.response(envelope);
    if ('up' in answer) this.#tell([answer.up]);
    else this.#give(answer.down);
    this.#watch();
  }

  #lost(reason: string): void {
    if (this.#heard) this.#input.logger.warn({ reason }, 'weftd is away; its last configuration stays');
    this.#announced = false;
    this.#heard = false;
    this.#problem = reason;
    this.#clear('announce');
    this.#input.absence.since ??= this.#input.now();
    this.#clear('silence');
    this.#watch();
  }

  /** Starts the clocks that what Envoy waits for, or has acknowledged, calls for. */
  #watch(): void {
    const { timing, now, absence } = this.#input;
    // A weftd that has spoken may take its time, or withhold what would harm; keepalive finds it if it dies.
    if (this.#session.owes() && !this.#heard) {
      this.#after('absence', (absence.since ?? now()) + timing.grace - now(), () => this.#answerFromSnapshot());
      if (this.#upstream.isOpen() && !this.#timers.has('silence')) {
        this.#after('silence', timing.silence, () => this.#upstream.restart('it accepts, but does not answer'));
      }
    } else {
      this.#clear('silence');
    }
    if (this.#session.changes === this.#savedChanges) return;
    this.#unsavedSince ??= now();
    const latest = this.#unsavedSince + saveAtLatestMs - now(); // changes without end must not keep it from being saved
    this.#after('save', Math.min(timing.save, latest), () => this.#save());
  }

  #answerFromSnapshot(): void {
    if (this.#heard) return;
    const answers = this.#session.answerFromSnapshot();
    if (answers.length === 0) return;
    this.source = 'snapshot';
    this.#input.logger.info({ responses: answers.length }, 'answered from the last acknowledged configuration');
    for (const answer of answers) this.#give(answer);
  }

  #give(bytes: Uint8Array): void {
    const { call } = this.#input;
    if (call.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))) return;
    this.#upstream.read(false);
    call.once('drain', () => this.#upstream.read(true));
  }

  #save(): void {
    if (this.#session.changes === this.#savedChanges) return;
    const configuration = this.#session.configuration();
    if (!configuration) return; // the next acknowledgement asks again
    this.#savedChanges = this.#session.changes;
    this.#unsavedSince = undefined;
    this.#input.onWhole(configuration);
  }

  #after(name: Clock, ms: number, act: () => void): void {
    this.#clear(name);
    const timer = setTimeout(
      () => {
        this.#timers.delete(name);
        act();
      },
      Math.max(0, ms),
    );
    timer.unref();
    this.#timers.set(name, timer);
  }

  #clear(name: Clock): void {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
  }
}

const readable = (bytes: Buffer): Envelope | undefined => {
  try {
    return readEnvelope(bytes);
  } catch {
    return undefined;
  }
};
