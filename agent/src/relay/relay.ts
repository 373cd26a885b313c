/** One pod's configuration: Envoy's stream of the moment, and what is kept on disk for when weftd is away. */
import { status } from '@grpc/grpc-js';
import type { Node } from '@weft/envoy/gen/envoy/config/core/v3/base_pb.js';
import type { DeltaDiscoveryRequest } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import type { Logger } from 'pino';
import type { IdentityKeeper } from '../identity/keeper.ts';
import type { StateDirectory } from '../identity/state-directory.ts';
import type { ProxyServing, RelayTiming } from './proxy.ts';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from './snapshot.ts';
import { type Absence, type Downstream, RelayedStream } from './stream.ts';

export interface RelayInput {
  readonly state: StateDirectory;
  readonly keeper: IdentityKeeper;
  readonly upstream: string;
  readonly timing: RelayTiming;
  readonly now: () => number;
  readonly random: () => number;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

const file = 'configuration';

export class Relay {
  readonly #input: RelayInput;
  /** When weftd failed this pod's Envoy first; several of its streams may come and go meanwhile. */
  readonly #absence: Absence = { since: undefined };
  readonly #detach: () => void;
  #snapshot: Snapshot | undefined;
  /** Of what is on disk, which may be a moment behind. */
  #savedAt: number | null;
  #damage: string;
  #stream: RelayedStream | undefined;
  #serial: string | undefined;
  #recycling: NodeJS.Timeout | undefined;
  #writing = Promise.resolve();

  constructor(input: RelayInput, { snapshot, damage }: Loaded) {
    this.#input = input;
    this.#snapshot = snapshot;
    this.#savedAt = snapshot?.savedAt ?? null;
    this.#damage = damage;
    this.#serial = input.keeper.current()?.serial;
    this.#detach = input.keeper.onChange((identity) => this.#renewed(identity.serial));
  }

  /** Envoy's `DeltaAggregatedResources`. */
  handle(call: Downstream): void {
    let own: RelayedStream | undefined;
    const end = (): void => {
      own?.close();
      if (this.#stream === own) this.#stream = undefined;
    };
    call.on('data', (message: DeltaDiscoveryRequest) => {
      if (!own && !message.node) {
        call.emit('error', { code: status.INVALID_ARGUMENT, details: 'the first message names no node' });
        return;
      }
      if (!own && message.node) {
        this.#stream?.close(); // one Envoy for each pod: a new stream means that the old one is dead
        own = this.#open(call, message.node);
        this.#stream = own;
      }
      own?.request(message);
    });
    call.on('end', () => {
      end();
      call.end();
    });
    call.on('cancelled', end);
    call.on('error', end);
  }

  status(): Pick<ProxyServing, 'upstream' | 'configuration' | 'snapshotSavedAt' | 'message'> {
    return {
      upstream: this.#stream?.state() ?? 'idle',
      configuration: this.#stream?.source ?? 'none',
      snapshotSavedAt: this.#savedAt,
      message: [this.#damage, this.#stream?.problem() ?? ''].filter((text) => text !== '').join('; '),
    };
  }

  /** Resolves when what Envoy acknowledged last is on disk. */
  async close(): Promise<void> {
    this.#detach();
    clearTimeout(this.#recycling);
    this.#stream?.close();
    this.#stream = undefined;
    await this.#writing;
  }

  #open(call: Downstream, node: Node): RelayedStream {
    const { upstream, keeper, timing, now, random, logger } = this.#input;
    return new RelayedStream({
      ...{ call, node, timing, now, logger, absence: this.#absence },
      upstream: { address: upstream, identity: () => keeper.current(), random },
      snapshot: () => (this.#snapshot?.node === node.id ? this.#snapshot.configuration : undefined),
      onWhole: (configuration) => this.#keep({ node: node.id, savedAt: now(), configuration }),
    });
  }

  #keep(next: Snapshot): void {
    this.#snapshot = next;
    const write = async (): Promise<void> => {
      if (this.#snapshot !== next) return; // a newer one waits behind
      await this.#input.state.write(file, encodeSnapshot(next));
      this.#savedAt = next.savedAt;
      this.#damage = '';
    };
    this.#writing = this.#writing.then(write).catch((error: unknown) => {
      const consequence = 'an Envoy restarted while weftd is away would not be ready';
      this.#input.logger.error({ err: error }, `the configuration could not be saved; ${consequence}`);
    });
  }

  /** The stream to weftd moves to a new certificate too: at once to the first, else spread over time. */
  #renewed(serial: string): void {
    if (serial === this.#serial) return;
    const { random, timing } = this.#input;
    const wait = this.#serial === undefined ? 0 : random() * timing.recycle;
    this.#serial = serial;
    clearTimeout(this.#recycling);
    this.#recycling = setTimeout(() => this.#stream?.move(), wait).unref();
  }
}

export const openRelay = async (input: RelayInput): Promise<Relay> => new Relay(input, await load(input));

interface Loaded {
  readonly snapshot: Snapshot | undefined;
  readonly damage: string;
}

const load = async ({ state, logger }: RelayInput): Promise<Loaded> => {
  try {
    const content = await state.read(file);
    return { snapshot: content && decodeSnapshot(content), damage: '' };
  } catch (error) {
    // Never half a configuration: without weftd this Envoy will not be ready.
    const damage = error instanceof Error ? error.message : String(error);
    logger.error({ err: error }, damage);
    return { snapshot: undefined, damage };
  }
};
